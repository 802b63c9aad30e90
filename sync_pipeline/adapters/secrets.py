"""Secrets: references in configuration become values, at the moment they are used and nowhere else."""

import json
from collections.abc import Callable
from pathlib import Path

from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline.settings import environment_variable

OAUTH_FIELDS = ("access_token", "refresh_token")
MOST_BYTES = 65_536


class Secrets:
    """Resolves `env:NAME` and `file:PATH`. Values are never kept, printed or put into an error."""

    def __init__(self, variable: Callable[[str], str | None] = environment_variable) -> None:
        self.variable = variable

    def resolve(self, reference: str, base: Path = Path()) -> str:
        """The secret; a relative `file:` path starts at the folder `base`.

        Raises:
            PrerequisiteError: it is missing, empty, cannot be a header's value, or is an OAuth token pair.
        """
        kind, _, name = reference.partition(":")
        match kind:
            case "env":
                return usable(self.from_variable(name), f"environment variable {name}")
            case "file":
                path = base / name.strip()
                return usable(from_file(path), f"file {path}")
            case _:
                raise PrerequisiteError("A literal token is refused.", "Write env:NAME or file:PATH.")

    def from_variable(self, name: str) -> str:
        value = self.variable(name)
        if value is None:
            raise PrerequisiteError(
                f"The environment variable {name} is not set.", f"Set {name} to the token for this process."
            )
        return value


def from_file(path: Path) -> str:
    try:
        if not path.is_file():
            raise PrerequisiteError(f"There is no secret file {path}.", "Create it with the token as its only content.")
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise PrerequisiteError(
            f"The secret file {path} cannot be read: {error.strerror}.", "Give this user the right to read it."
        ) from error
    if len(content) > MOST_BYTES:
        raise PrerequisiteError(f"The secret file {path} is too large for a token.", "Check that it is the right file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # `from None`: the error would carry the bytes of the secret.
        raise PrerequisiteError(f"The secret file {path} is not text.", "Save the token as plain text.") from None


def usable(content: str, place: str) -> str:
    """The token without surrounding white space, when it can be sent as a bearer token."""
    token = content.strip()
    if not token:
        raise PrerequisiteError(f"The secret in {place} is empty.", "Put the token there.")
    if is_oauth_pair(token):
        raise PrerequisiteError(
            f"The secret in {place} is an OAuth token pair, which expires; only static tokens are supported for now.",
            "Create an API key in Virtuous, or a token in the source, and put it there instead.",
        )
    if not token.isascii() or any(character.isspace() or not character.isprintable() for character in token):
        raise PrerequisiteError(
            f"The secret in {place} contains white space or characters that no token has.",
            "Put the token alone there, on one line.",
        )
    return token


def is_oauth_pair(token: str) -> bool:
    try:
        content = json.loads(token)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and any(field in content for field in OAUTH_FIELDS)
