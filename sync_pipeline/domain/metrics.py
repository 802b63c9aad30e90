"""The metrics of a fleet. All are gauges, made from the state store: a run in it changes its state, or is forgotten.

Labels are `customer`, `layer`, `state` and `platform`; no run, no record.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

CUSTOMER = ("customer",)
LAYER = ("customer", "layer")


@dataclass(frozen=True, slots=True)
class Metric:
    """`help` says what the value means, for whoever meets it in Prometheus."""

    name: str
    help: str
    labels: tuple[str, ...] = CUSTOMER


CUSTOMERS = Metric("sync_customers", "Customers of the folder: ready, paused, or with a broken file.", ("state",))
PLATFORM_DOWN = Metric("sync_platform_down", "1 while a platform fails for several customers in a row.", ("platform",))
COLLECTION_SECONDS = Metric("sync_collection_seconds", "How long computing these values took.", ())

RUNS_24H = Metric("sync_runs_24h", "Runs begun within the last 24 hours, by what became of them.", (*LAYER, "state"))
RUNS_7D = Metric("sync_runs_7d", "Runs begun within the last 7 days, by what became of them.", (*LAYER, "state"))
LAST_RUN = Metric("sync_last_run", "1 for what became of the newest run that is over, or parked.", (*LAYER, "state"))
LAST_RUN_TIMESTAMP = Metric("sync_last_run_timestamp_seconds", "When the newest run began, since the epoch.", LAYER)
LAST_RUN_DURATION = Metric("sync_last_run_duration_seconds", "How long the newest run took, its parks included.", LAYER)
LAST_RUN_RECORDS = Metric("sync_last_run_records", "Records the newest run compared, unchanged ones included.", LAYER)
LAST_RUN_CHANGES = Metric("sync_last_run_changes", "Creates, updates and deletes the newest run found.", LAYER)
LAST_RUN_FAILURE_RATIO = Metric(
    "sync_last_run_failure_ratio", "Dead letters among what the newest run decided, from 0 to 1.", LAYER
)
LAST_RUN_REQUESTS = Metric("sync_last_run_requests", "Requests the newest run sent to Virtuous.", LAYER)
LAST_RUN_PAUSES = Metric("sync_last_run_rate_limit_pauses", "Answers 429 the newest run got, from anybody.", LAYER)

CHECKPOINT_AGE = Metric(
    "sync_checkpoint_age_seconds", "Since every stream was last read with everything accounted for; the oldest stream."
)
UNREAD_STREAMS = Metric("sync_streams_without_checkpoint", "Streams that were never read to the end.")
LEDGER_OPERATIONS = Metric(
    "sync_ledger_operations", "Operations that are not over, by their state in the ledger.", (*CUSTOMER, "state")
)
HELD = Metric("sync_change_sets_held", "Change sets that wait for a person.")
QUOTA_LIMIT = Metric("sync_quota_limit_requests", "Requests a window of the organization has.")
QUOTA_BUDGET = Metric("sync_quota_budget_requests", "How many of them are ours.")
QUOTA_USED = Metric("sync_quota_used_requests", "Requests of ours that count in the window now.")
QUOTA_REMAINING = Metric(
    "sync_quota_remaining_requests",
    "What Virtuous said is left of the window, less what left since; the limit less ours where it says nothing.",
)
PAUSED = Metric("sync_paused", "1 while the breaker or a person stops the customer.")
FAILURES = Metric("sync_consecutive_failures", "Failed runs in a row.")
NEXT_SLOT = Metric("sync_next_slot_timestamp_seconds", "When the next night begins, since the epoch.")
SLOT_OVERDUE = Metric("sync_slot_overdue_seconds", "Since a slot came that nothing keeps from beginning; 0 mostly.")
PARK_OVERDUE = Metric("sync_park_overdue_seconds", "Since a parked run may go on and does not; 0 mostly.")

CATALOGUE: tuple[Metric, ...] = (
    *(CUSTOMERS, PLATFORM_DOWN, COLLECTION_SECONDS),
    *(RUNS_24H, RUNS_7D, LAST_RUN, LAST_RUN_TIMESTAMP, LAST_RUN_DURATION, LAST_RUN_RECORDS, LAST_RUN_CHANGES),
    *(LAST_RUN_FAILURE_RATIO, LAST_RUN_REQUESTS, LAST_RUN_PAUSES),
    *(CHECKPOINT_AGE, UNREAD_STREAMS, LEDGER_OPERATIONS, HELD),
    *(QUOTA_LIMIT, QUOTA_BUDGET, QUOTA_USED, QUOTA_REMAINING),
    *(PAUSED, FAILURES, NEXT_SLOT, SLOT_OVERDUE, PARK_OVERDUE),
)


@dataclass(slots=True)
class Measured:
    """Values by metric and label values; every metric of the catalogue is there, if only without a value."""

    values: dict[Metric, dict[tuple[str, ...], float]] = field(
        default_factory=lambda: {metric: {} for metric in CATALOGUE}
    )

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        self.values[metric][labels] = float(value)

    def __iter__(self) -> Iterator[tuple[Metric, dict[tuple[str, ...], float]]]:
        return iter(self.values.items())
