"""The state store is lost, or comes back from an old backup: what Virtuous has already is taken as it is."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from sync_pipeline.adapters.sql.tables import metadata
from sync_pipeline.domain.run import Layer
from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.kinds import (
    GIVING,
    HOURS,
    NOTE,
    OPPORTUNITY,
    REVERSAL,
    assert_every_kind_delivered,
    assert_nothing_twice,
    morning,
)

Backup = dict[str, list[dict[str, Any]]]


def back_up(deployment: Deployment) -> Backup:
    with deployment.workplace.state.database.read() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def restore(deployment: Deployment, backup: Backup) -> None:
    """The state store holds what the backup had, and nothing else; the Parquet files are those of today."""
    with deployment.workplace.state.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for table in metadata.sorted_tables:
            if backup.get(table.name):
                connection.execute(insert(table), backup[table.name])


def settled(deployment: Deployment) -> Deployment:
    deployment.night()
    morning(deployment)
    assert deployment.night().code == 0
    assert_every_kind_delivered(deployment)
    return deployment


def delivered(deployment: Deployment) -> None:
    """Nights and mornings until nothing is left to do."""
    for _ in range(4):
        if deployment.night().code == 0:
            return
        morning(deployment)
    raise AssertionError(deployment.ledger())


def made(deployment: Deployment) -> dict[str, int]:
    """How many requests of each kind made something that a repeat would make twice."""
    requests = deployment.books()["requests"]
    return {endpoint: requests.get(endpoint, 0) for endpoint in (NOTE, HOURS, OPPORTUNITY, REVERSAL)}


@pytest.mark.parametrize("repeated_gift", ["accepted", "refused"])
def test_a_lost_state_store_takes_what_is_there_and_makes_nothing_twice(
    kinds_on: Deployment, repeated_gift: str
) -> None:
    settled(kinds_on)
    before = made(kinds_on)
    kinds_on.world.change_organization(VIRTUOUS, repeated_gift=repeated_gift)
    restore(kinds_on, {})
    first = kinds_on.night()
    assert (first.report.layer, first.report.failures) == ("initial", 0)
    morning(kinds_on)
    kinds_on.night()
    morning(kinds_on)
    assert kinds_on.night().code == 0
    assert made(kinds_on) == before
    assert_every_kind_delivered(kinds_on)


def test_hours_and_notes_that_changed_meanwhile_are_corrected_in_place(kinds: Deployment) -> None:
    settled(kinds)
    before = made(kinds)
    kinds.clock.advance(days=10)  # nobody's contact was modified for so long
    restore(kinds, {})
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    one = next(one for one in kinds.world.vomo_participations(VOMO) if one["hours"] and float(one["hours"]))
    kinds.world.edit_vomo_record(VOMO, "participations", one["id"], hours="7.25")
    for _ in range(2):
        kinds.night()
        morning(kinds)
    assert kinds.night().code == 0
    assert made(kinds) == before
    assert any('"Another Form"' in note["note"] for note in kinds.world.notes(VIRTUOUS))
    assert_every_kind_delivered(kinds)


@pytest.mark.parametrize("taken_after", ["planning", "waiting"])
def test_an_old_backup_with_an_initial_run_makes_nothing_twice(kinds: Deployment, taken_after: str) -> None:
    kinds.night()
    backup = back_up(kinds)
    morning(kinds)
    if taken_after == "planning":
        # Virtuous takes nothing: what was bound to a request is planned when the backup is made.
        kinds.world.add_fault(side="virtuous", kind="rate_limited", method="POST", path="/api/ContactNote")
        kinds.world.add_fault(side="virtuous", kind="rate_limited", method="POST", path="/api/VolunteerOpp")
        kinds.night()
        backup = back_up(kinds)
        kinds.world.clear_faults()
    delivered(kinds)
    assert_every_kind_delivered(kinds)
    before = made(kinds)

    restore(kinds, backup)
    kinds.night(Layer.INITIAL)
    morning(kinds)
    delivered(kinds)
    assert made(kinds) == before
    assert_every_kind_delivered(kinds)


def test_a_refund_that_was_sent_after_the_backup_is_found(kinds: Deployment) -> None:
    settled(kinds)
    donation = next(one for one in kinds.world.giving_donations(GIVING) if one["status"] == "succeeded")
    kinds.world.edit_giving(GIVING, "donations", donation["id"], status="refunded")
    kinds.world.add_fault(side="virtuous", kind="rate_limited", method="POST", path="/api/Gift/Revers")
    kinds.night()
    backup = back_up(kinds)
    kinds.world.clear_faults()
    delivered(kinds)
    before = made(kinds)
    assert before[REVERSAL] > 0

    restore(kinds, backup)
    kinds.night(Layer.INITIAL)
    assert made(kinds)[REVERSAL] == before[REVERSAL]
    assert_nothing_twice(kinds)
