"""Which page of `docs/operations/` says what to do about a kind of problem, or about a check that fails."""

PAGES = {
    "breakers_open": "paused",
    "broken_file": "broken-file",
    "change_volume": "mass-change-held",
    "dagster_trouble": "scheduler",
    "dead_letters": "refused-records",
    "dead_letters_growing": "refused-records",
    "duration_regression": "slow",
    "failure_rate": "refused-records",
    "missed_run": "scheduler",
    "missed_runs": "scheduler",
    "paused": "paused",
    "platform_down": "platform-down",
    "polls_failing": "run-failed",
    "rate_limit_pauses": "slow",
    "records_processed": "data-quality",
    "run_died": "scheduler",
    "run_failed": "run-failed",
    "scheduler_away": "scheduler",
    "snapshot_complete": "data-quality",
    "stale_checkpoint": "stuck",
    "stale_checkpoints": "stuck",
    "unconfirmed_aging": "not-imported",
    "work_left": "stuck",
}


def page_of(name: str) -> str:
    return PAGES.get(name, "README")
