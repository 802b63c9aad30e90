"""What all made-up VOMO records have in common."""

from random import Random

from sync_pipeline.sandbox.seed import made_up_times, moment_text


def random_of(seed: int, kind: str, number: int) -> Random:
    return Random(f"{seed}:{kind}:{number}")  # noqa: S311 - made-up data wants a repeatable draw


def times_of(random: Random) -> dict[str, str]:
    created, updated = made_up_times(random)
    return {"created_at": moment_text(created), "updated_at": moment_text(updated)}
