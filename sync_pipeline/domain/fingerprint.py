"""One short text that stands for the values of a field group."""

from collections.abc import Mapping
from hashlib import blake2b


def fingerprint(values: Mapping[str, str | None]) -> str:
    """32 hex characters: equal exactly when names and values are equal, whatever their order.

    A null counts as absent, so that adding an always-null field to a mapping changes nothing; an empty text does not.
    """
    parts: list[str] = []
    for name in sorted(values):
        value = values[name]
        if value is not None:
            # Each part carries its own length: no value can imitate the border between two fields.
            parts.append(f"{len(name)}:{name}{len(value)}:{value}")
    return blake2b("".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
