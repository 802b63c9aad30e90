"""What `customers audit` answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sync_pipeline.adapters.configuration import load_regions, refuse_other_region
from sync_pipeline.cli.output import moment_text
from sync_pipeline.domain.configuration.base import Mistake, parse_duration
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.workplace import Workplace


def audit_document(customer_id: str, since: str | None) -> dict[str, Any]:
    """`entries`, oldest first; `actor` is None for a run that was begun in the Dagster UI.

    Raises:
        ConfigurationError: nobody ever heard of such a customer, it belongs to another region, or `since` is no moment.
    """
    workplace = Workplace()
    try:
        regions = load_regions(workplace.settings.customers)
        refuse_other_region(customer_id, regions.get(customer_id), workplace.settings.region)
        begins_at = None if since is None else moment(since, workplace.clock.now())
        entries = workplace.state.audit.entries(customer_id, begins_at)
        if not entries and customer_id not in regions and not workplace.state.audit.is_known(customer_id):
            raise ConfigurationError(
                f"There is no customer {customer_id}, and never was.",
                "`sync-pipeline customers list` shows them; one who left is known by the name that its file had.",
            )
        return {
            "customer_id": customer_id,
            "since": moment_text(begins_at),
            "entries": [
                {"at": entry.at.isoformat(), "actor": entry.actor, "action": entry.action, "reason": entry.reason}
                for entry in entries
            ],
        }
    finally:
        workplace.close()


def moment(text: str, now: datetime) -> datetime:
    """A moment, in UTC unless it names its offset, or a length of time before now.

    Raises:
        ConfigurationError: it is neither.
    """
    try:
        length = parse_duration(text)
    except Mistake:
        length = None
    try:
        if isinstance(length, timedelta):
            return now - length
        named = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "--since is no moment.", "Write a day (2026-03-01), a time (2026-03-01T22:00, in UTC), or 24h, 7d, …"
        ) from None
    return named.astimezone(UTC) if named.tzinfo else named.replace(tzinfo=UTC)
