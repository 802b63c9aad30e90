"""Which page of `docs/operations/` says what to do about a kind of problem."""

PAGES = {
    "broken_file": "broken-file",
    "change_volume": "mass-change-held",
    "dagster_trouble": "scheduler",
    "dead_letters": "refused-records",
    "duration_regression": "slow",
    "failure_rate": "refused-records",
    "missed_run": "scheduler",
    "paused": "paused",
    "platform_down": "platform-down",
    "polls_failing": "run-failed",
    "rate_limit_pauses": "quota",
    "records_processed": "data-quality",
    "run_died": "scheduler",
    "run_failed": "run-failed",
    "scheduler_away": "scheduler",
    "snapshot_complete": "source-incomplete",
    "stale_checkpoint": "stuck",
    "unconfirmed_aging": "not-imported",
}


def page_of(name: str) -> str:
    return PAGES.get(name, "README")
