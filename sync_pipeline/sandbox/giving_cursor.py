"""The opaque cursors of the giving platform: after which record the next page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

_PREFIX = "after:"


def cursor_after(record_id: str) -> str:
    return urlsafe_b64encode(f"{_PREFIX}{record_id}".encode()).decode()


def record_before(cursor: str) -> str:
    """The id in `cursor`. Raises ValueError for a text that is no cursor."""
    try:
        text = urlsafe_b64decode(cursor).decode()
    except (Error, UnicodeDecodeError) as error:
        raise ValueError("no cursor") from error
    if not text.startswith(_PREFIX):
        raise ValueError("no cursor")
    return text.removeprefix(_PREFIX)


FIRST_PAGE = cursor_after("")
