"""What `World` can do on the giving side."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from threading import RLock
from typing import Any

from sync_pipeline.sandbox.giving_changes import change_donations, edit_giving_record
from sync_pipeline.sandbox.giving_made_up import made_up_giving
from sync_pipeline.sandbox.giving_tables import GivingKind
from sync_pipeline.sandbox.organizations import GivingOrganization, UnknownTokenError
from sync_pipeline.sandbox.source_records import Row


class GivingWorld:
    """The part of `World` about organizations of the giving platform, by token."""

    clock: Callable[[], float]
    lock: RLock
    giving: dict[str, GivingOrganization]

    def add_giving_organization(
        self,
        token: str,
        donations: int = 0,
        seed: int = 1,
        *,
        oddities: bool = True,
        invalid: int = 0,
        rate_limit: int | None = None,
    ) -> None:
        """`invalid`: how many donations have allocations that do not add up. `rate_limit`: requests a minute.

        The donations lie in the year before the clock's time; there is one donor for every three.
        """
        with self.lock:
            tables = made_up_giving(donations, seed, self.clock(), oddities=oddities, invalid=invalid)
            self.giving[token] = GivingOrganization(token, tables, oddities=oddities, rate_limit=rate_limit)

    def limit_giving(self, token: str, rate_limit: int | None) -> None:
        """Requests a minute from now on; None for no limit."""
        with self.lock:
            self._giving(token).limit(rate_limit)

    def giving_records(self, token: str, kind: GivingKind) -> list[Row]:
        """Every record in order of id, as it truly is. Raises KeyError for a kind that is none."""
        with self.lock:
            return deepcopy(self._giving(token).tables[kind].all())

    def giving_donations(self, token: str) -> list[Row]:
        return self.giving_records(token, "donations")

    def change_giving(
        self, token: str, *, add: int = 0, refund: int = 0, edit: int = 0, remove: int = 0, seed: int = 1
    ) -> dict[str, Any]:
        """Answers {updated_at, added, refunded, edited, removed}: the ids. An edit moves money between funds."""
        with self.lock:
            organization = self._giving(token)
            touched = change_donations(
                organization.tables,
                add=add,
                refund=refund,
                edit=edit,
                remove=remove,
                seed=seed,
                now=self.clock(),
                gaps=organization.oddities,
            )
            return asdict(touched)

    def edit_giving(self, token: str, kind: GivingKind, record_id: str, **fields: Any) -> Row:
        """Answers the record as it is now. Raises KeyError for an unknown id or field."""
        with self.lock:
            tables = self._giving(token).tables
            return deepcopy(edit_giving_record(tables, kind, record_id, fields, self.clock()))

    def _giving(self, token: str) -> GivingOrganization:
        if token not in self.giving:
            raise UnknownTokenError
        return self.giving[token]
