"""Checks of the whole fleet: one run every quarter of an hour, whatever became of single customers' runs."""

from collections.abc import Iterator

import dagster as dg

from sync_pipeline.domain.alerts.summary import DAY
from sync_pipeline.domain.fleet_checks import fleet_checks as verdicts
from sync_pipeline.orchestration.assets import applied_ledger
from sync_pipeline.orchestration.checks import check_result
from sync_pipeline.orchestration.resources import WorkplaceResource

CHECKS = {
    "stale_checkpoints": "Every customer was completely accounted for within a day.",
    "missed_runs": "Every night that was due has begun.",
    "breakers_open": "No customer is paused because something is wrong.",
    "dead_letters_growing": "No customer got many dead letters within a day.",
    "unconfirmed_aging": "What Virtuous accepted shows within two days.",
}


@dg.multi_asset_check(
    specs=[dg.AssetCheckSpec(name, asset=applied_ledger.key, description=text) for name, text in CHECKS.items()],
    name="check_fleet",  # the job's graph has the other name
)
def fleet_checks(workplace: WorkplaceResource) -> Iterator[dg.AssetCheckResult]:
    """Read from the state store: Dagster's own freshness looks at the newest of all partitions."""
    opened = workplace.get()
    fleet, state = opened.fleet(), opened.state
    facts = state.fleet_state.read(list(fleet.customers.values()), {})
    now = opened.clock.now()
    new, unconfirmed = state.days.new_since(now - DAY), state.fleet_state.oldest_unconfirmed(fleet.customers)
    for verdict in verdicts(facts, new, unconfirmed, now):
        result = check_result(verdict)
        yield result._replace(asset_key=applied_ledger.key)


fleet_checks_job = dg.define_asset_job(
    "fleet_checks",
    selection=dg.AssetSelection.checks(fleet_checks),
    executor_def=dg.in_process_executor,
    description="The whole fleet checked: who is stale, late or stopped.",
)
