"""A mistake found in a configuration, before anybody knows in which file and line."""

from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Where a value stands: the keys and list positions from the top of the file down to it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at `path`, in plain words, and what to write instead."""

    path: KeyPath
    message: str
    remedy: str
