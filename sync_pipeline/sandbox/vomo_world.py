"""What `World` can do on the VOMO side."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from threading import RLock
from typing import Any

from sync_pipeline.sandbox.organizations import UnknownTokenError, VomoOrganization
from sync_pipeline.sandbox.seed import User, made_up_users
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_changes import change_users, edit_user
from sync_pipeline.sandbox.vomo_edits import add_record, edit_record, remove_record
from sync_pipeline.sandbox.vomo_made_up import Sizes, made_up_tables
from sync_pipeline.sandbox.vomo_store import VomoUsers
from sync_pipeline.sandbox.vomo_tables import Kind


class VomoWorld:
    """The part of `World` about VOMO organizations, by token."""

    clock: Callable[[], float]
    lock: RLock
    vomo: dict[str, VomoOrganization]

    def add_vomo_organization(
        self,
        token: str,
        users: int = 0,
        seed: int = 1,
        *,
        oddities: bool = True,
        invalid: int = 0,
        participation_ids: bool = True,
        **sizes: int,
    ) -> None:
        """`invalid`: how many of the users have no last name. `sizes` by the names of `Sizes`, 0 where left out.

        Project dates lie around the clock's day: half of them in the last 45 days, the others before or soon.
        """
        with self.lock:
            made_up = made_up_users(users, seed, gaps=oddities, invalid=invalid)
            wanted = Sizes(**sizes)
            self.vomo[token] = VomoOrganization(
                token,
                VomoUsers(made_up, oddities=oddities),
                made_up_tables(wanted, seed, range(1, users + 1), self.clock()),
                seed=seed,
                profile_fields=wanted.profile_fields,
                participation_ids=participation_ids,
            )

    def vomo_records(self, token: str, kind: Kind) -> list[Row]:
        """Every record in order of id, as it truly is. Raises KeyError for a kind that is none."""
        with self.lock:
            return deepcopy(self._vomo(token).tables[kind].all())

    def vomo_projects(self, token: str) -> list[Row]:
        return self.vomo_records(token, "projects")

    def vomo_project_dates(self, token: str) -> list[Row]:
        return self.vomo_records(token, "project_dates")

    def vomo_participations(self, token: str) -> list[Row]:
        return self.vomo_records(token, "participations")

    def vomo_completions(self, token: str) -> list[Row]:
        return self.vomo_records(token, "completions")

    def add_vomo_record(self, token: str, kind: Kind, **fields: Any) -> Row:
        """Answers the new record. `fields` must name what it belongs to, such as `project_date_id` and `user_id`.

        Raises KeyError for an unknown field or parent.
        """
        with self.lock:
            return deepcopy(add_record(self._vomo(token), kind, fields, self.clock()))

    def edit_vomo_record(self, token: str, kind: Kind, record_id: int, **fields: Any) -> Row:
        """Answers the record as it is now. Raises KeyError for an unknown id or field."""
        with self.lock:
            return deepcopy(edit_record(self._vomo(token), kind, record_id, fields, self.clock()))

    def remove_vomo_record(self, token: str, kind: Kind, record_id: int) -> dict[Kind, list[int]]:
        """Removes it with what hangs on it: the dates of a project, the participations of a date.

        Answers the removed ids by kind. Raises KeyError for an unknown id.
        """
        with self.lock:
            return remove_record(self._vomo(token), kind, record_id)

    def vomo_users(self, token: str) -> list[User]:
        """Every user in order of id, as it truly is: without the type oddities of the wire."""
        with self.lock:
            return [dict(user) for user in self._vomo(token).users.all()]

    def change_vomo(
        self, token: str, share: float = 0.01, seed: int = 1, add: int = 0, remove: int = 0
    ) -> dict[str, Any]:
        """Answers {updated_at, changed, added, removed}: the ids touched."""
        with self.lock:
            users = self._vomo(token).users
            touched = change_users(users, share=share, seed=seed, add=add, remove=remove, now=self.clock())
            return asdict(touched)

    def edit_vomo_user(self, token: str, user_id: int, **fields: Any) -> dict[str, Any]:
        """Sets fields of one user; its `updated_at` moves. Raises KeyError for an unknown id or field."""
        with self.lock:
            users = self._vomo(token).users
            user = users.get(user_id)
            if user is None or not fields.keys() <= user.keys():
                raise KeyError("no such user or field")
            return asdict(edit_user(users, user, fields, self.clock()))

    def _vomo(self, token: str) -> VomoOrganization:
        if token not in self.vomo:
            raise UnknownTokenError
        return self.vomo[token]
