"""What the sandbox keeps per token of a source."""

from typing import Any

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.giving_tables import GivingTables
from sync_pipeline.sandbox.quota import QuotaWindow
from sync_pipeline.sandbox.settings import Quota
from sync_pipeline.sandbox.vomo_store import VomoUsers
from sync_pipeline.sandbox.vomo_tables import Tables


class UnknownTokenError(LookupError):
    """No organization of the sandbox has this token."""


class VomoOrganization:
    """`participation_ids`: participations show theirs, which the documented fields do not have."""

    quota = None  # VOMO publishes none

    def __init__(
        self,
        token: str,
        users: VomoUsers,
        tables: Tables,
        *,
        seed: int,
        profile_fields: int = 0,
        participation_ids: bool = True,
    ) -> None:
        self.token = token
        self.users = users
        self.tables = tables
        self.seed = seed
        self.profile_fields = profile_fields
        self.participation_ids = participation_ids
        self.books = Books()

    def report(self) -> dict[str, Any]:
        return self.books.report() | {"users": len(self.users)} | {kind: len(self.tables[kind]) for kind in self.tables}


class GivingOrganization:
    """`oddities`: donations and donors to come are made up with gaps."""

    def __init__(self, token: str, tables: GivingTables, *, oddities: bool, rate_limit: int | None = None) -> None:
        self.token = token
        self.tables = tables
        self.oddities = oddities
        self.books = Books()
        self.quota: QuotaWindow | None = None
        self.limit(rate_limit)

    def limit(self, rate_limit: int | None) -> None:
        """Requests a minute; None for no limit."""
        quota = None if rate_limit is None else Quota(requests=rate_limit, window_seconds=60, headers=False)
        self.quota = quota and QuotaWindow(quota)

    def report(self) -> dict[str, Any]:
        return self.books.report() | {kind: len(self.tables[kind]) for kind in self.tables}
