"""Reading the giving platform as a client does."""

from decimal import Decimal
from typing import Any

import httpx

from sync_pipeline_tests.sandbox.support import SandboxClient

Row = dict[str, Any]
GIVING = "giving-key"


def giving_get(sandbox: SandboxClient, path: str, *, key: str = GIVING, **asked: str) -> httpx.Response:
    return httpx.get(f"{sandbox.base_url}/giving/v1/{path}", headers={"X-Api-Key": key}, params=asked)


def read_all(sandbox: SandboxClient, path: str, **asked: str) -> list[Row]:
    """The rows of every page, by following the cursors."""
    rows: list[Row] = []
    while True:
        page = giving_get(sandbox, path, **asked).json()
        rows += page["data"]
        if not page["has_more"]:
            return rows
        asked |= {"cursor": page["next_cursor"]}


def ids(rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows]


def adds_up(donation: Row) -> bool:
    return sum(Decimal(part["amount"]) for part in donation["allocations"]) == Decimal(donation["amount"])
