"""What the sandbox keeps per token, on either side."""

from typing import Any

from sync_pipeline.sandbox.books import Books
from sync_pipeline.sandbox.contact_rules import unknown_fields
from sync_pipeline.sandbox.contact_store import ContactStore, Row
from sync_pipeline.sandbox.quota import QuotaWindow
from sync_pipeline.sandbox.settings import OrganizationSettings
from sync_pipeline.sandbox.vomo_store import VomoUsers


class VirtuousOrganization:
    def __init__(self, token: str, settings: OrganizationSettings) -> None:
        self.token = token
        self.settings = settings
        self.books = Books()
        self.quota = QuotaWindow(settings.quota)
        self.store = ContactStore()

    def change(self, settings: OrganizationSettings) -> None:
        self.settings = settings
        self.quota.change(settings.quota)

    def accept(self, rows: list[Row], now: float, *, without: tuple[str, ...] = ()) -> None:
        """Books and holds `rows`; `without` names the fields that this call takes no notice of."""
        for row in rows:
            self.books.unknown_fields.update(unknown_fields(row))
            self.books.accept(row.get("referenceSource") or "", row.get("referenceId") or "", row)
        self.store.hold([{name: value for name, value in row.items() if name not in without} for row in rows])
        if self.settings.auto_import == "immediately":
            self.store.run_import(now)

    def run_import(self, now: float) -> dict[str, int]:
        """What staff do when they press the button; in an organization where they never do, nothing happens."""
        nothing = {"imported": 0, "created": 0, "merged": 0}
        done = nothing if self.settings.auto_import == "never" else self.store.run_import(now)
        return done | {"held": len(self.store.held)}

    def report(self) -> dict[str, Any]:
        return self.books.report() | {
            "held": len(self.store.held),
            "contacts": len(self.store.contacts),
            "duplicates": self.store.duplicates(),
            "quota": self.quota.state(),
        }


class VomoOrganization:
    quota = None  # VOMO publishes none

    def __init__(self, token: str, users: VomoUsers) -> None:
        self.token = token
        self.users = users
        self.books = Books()

    def report(self) -> dict[str, Any]:
        return self.books.report() | {"users": len(self.users)}
