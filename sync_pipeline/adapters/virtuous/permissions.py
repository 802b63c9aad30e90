"""Reads `GET /api/Permission`, whose shape is not published, so this is a guess.

The reference only says: "module/action pairs with an allowed flag". Taken for it is a list, or an object that holds
one under `list` or `permissions`, of objects with a module, an action and a flag under any of the names below. Only
pairs that clearly speak about writing contacts count, so that an answer in other words warns and never stops a run.
"""

import re
from collections.abc import Iterator
from typing import Any

from sync_pipeline.domain.organization import WriteAccess

_LIST_NAMES = ("list", "permissions")
_MODULE_NAMES = ("module", "modulename", "name")
_ACTION_NAMES = ("action", "actionname", "permission")
_FLAG_NAMES = ("allowed", "isallowed", "haspermission")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CONTACT_WORDS = frozenset({"contact", "contacts"})
# ContactNote or ContactTag are other rights: they neither allow nor forbid a contact.
_HARMLESS_MODULE_WORDS = frozenset({"crm", "module", "management", "record", "records", "all"})
_WRITE_WORDS = frozenset(
    {"add", "create", "edit", "import", "insert", "manage", "modify", "post", "put", "save", "update", "write"}
)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_contact_write_access(document: Any) -> WriteAccess:
    """REFUSED only when every pair about writing contacts says no; UNKNOWN when no pair is about that."""
    flags = list(_contact_write_flags(document))
    if not flags:
        return WriteAccess.UNKNOWN
    return WriteAccess.ALLOWED if any(flags) else WriteAccess.REFUSED


def _contact_write_flags(document: Any) -> Iterator[bool]:
    for item in _items(document):
        if not isinstance(item, dict):
            continue
        parts = {str(key).lower().replace("_", ""): value for key, value in item.items()}
        module = _words(_first(parts, _MODULE_NAMES))
        action = _words(_first(parts, _ACTION_NAMES))
        flag = _FLAGS.get(str(_first(parts, _FLAG_NAMES)).strip().lower())
        is_contact = bool(module & _CONTACT_WORDS) and module <= _CONTACT_WORDS | _HARMLESS_MODULE_WORDS
        if is_contact and action & _WRITE_WORDS and flag is not None:
            yield flag


def _items(document: Any) -> list[Any]:
    if isinstance(document, dict):
        parts = {str(key).lower(): value for key, value in document.items()}
        document = _first(parts, _LIST_NAMES)
    return document if isinstance(document, list) else []


def _first(parts: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((parts[name] for name in names if parts.get(name) is not None), None)


def _words(text: Any) -> set[str]:
    return {word.lower() for word in _WORDS.findall(text)} if isinstance(text, str) else set()
