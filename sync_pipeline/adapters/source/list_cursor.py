"""Where in a list another process can go on reading."""

from typing import Self

import httpx
import msgspec


class ListCursor(msgspec.Struct, frozen=True):
    """The next page of a list: which one it is, its address, and what its pager has to know beside that."""

    page: int
    address: str
    state: dict[str, int]

    @classmethod
    def before(cls, page: int, address: httpx.URL | None, state: dict[str, int] | None) -> Self | None:
        """None at the end of the list, and where its pager could not go on."""
        return None if address is None or state is None else cls(page, str(address), state)

    @classmethod
    def decode(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()
