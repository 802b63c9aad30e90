"""A person decides about dead letters: planned again from today's value, or discarded."""

from sync_pipeline.domain.dead_letters import LetterFilter, Outcome
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered
from sync_pipeline_tests.end_to_end.test_dead_letters import spoil

EVERYTHING = LetterFilter()


def replay(deployment: Deployment, wanted: LetterFilter = EVERYTHING) -> list[Outcome]:
    return list(deployment.workplace.state.dead_letters.replay(CUSTOMER, wanted, "anna").values())


def test_a_replay_sends_todays_value_once_virtuous_takes_it(deployment: Deployment) -> None:
    deployment.world.change_organization(VIRTUOUS, genders=("Female",))
    deployment.night()
    refused = deployment.ledger()["dead"]
    deployment.world.change_organization(VIRTUOUS, genders=())
    assert deployment.night().code == 5
    assert replay(deployment) == [Outcome.REPLAYED] * refused
    assert deployment.ledger()["dead"] == refused
    night = deployment.night()
    assert (night.code, night.report.successes, night.report.failures) == (0, refused, 0)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
    assert deployment.night().report.total_changes == 0


def test_a_replay_of_what_is_still_refused_is_one_dead_letter_again(deployment: Deployment) -> None:
    spoilt = spoil(deployment, 5)
    deployment.night()
    replay(deployment)
    night = deployment.night()
    assert (night.code, night.report.failures) == (5, 1)
    assert deployment.ledger()["dead"] == 1
    rows = deployment.books()["rows_received"]
    assert deployment.night().code == 5
    assert deployment.books()["rows_received"] == rows
    assert_delivered(deployment.world, VIRTUOUS, VOMO, without=spoilt)


def test_a_replay_sends_nothing_once_the_source_says_what_virtuous_has(deployment: Deployment) -> None:
    deployment.night()
    name = deployment.world.vomo_users(VOMO)[4]["last_name"]
    spoil(deployment, 5)
    assert deployment.night().code == 5
    replay(deployment)
    deployment.world.edit_vomo_user(VOMO, 5, last_name=name)
    rows = deployment.books()["rows_received"]
    night = deployment.night()
    assert (night.code, night.report.superseded) == (0, 1)
    assert deployment.books()["rows_received"] == rows


def test_only_what_the_filter_means_is_replayed(deployment: Deployment) -> None:
    spoil(deployment, 5, 6)
    deployment.night()
    assert replay(deployment, LetterFilter(key="6")) == [Outcome.REPLAYED]
    letters = deployment.workplace.state.dead_letters.letters(CUSTOMER, EVERYTHING)
    assert {letter.key: letter.is_replayed for letter in letters} == {"5": False, "6": True}
    assert replay(deployment, LetterFilter(reason="no such reason")) == []
    assert len(replay(deployment, LetterFilter(reason="400"))) == 2


def test_a_discarded_value_is_not_sent_again_and_a_new_one_is(deployment: Deployment) -> None:
    deployment.night()
    name = deployment.world.vomo_users(VOMO)[4]["last_name"]
    spoil(deployment, 5)
    assert deployment.night().code == 5
    outcomes = deployment.workplace.state.dead_letters.discard(CUSTOMER, EVERYTHING, "anna")
    assert list(outcomes.values()) == [Outcome.DISCARDED]
    night = deployment.night()
    assert (night.code, night.report.total_changes, deployment.ledger()["discarded"]) == (0, 0, 1)
    deployment.world.edit_vomo_user(VOMO, 5, last_name=name, phone="(555) 555-0177")
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 1)
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_a_note_that_staff_deleted_stays_gone_when_it_is_discarded(kinds: Deployment) -> None:
    kinds.night()
    kinds.world.run_import(VIRTUOUS)
    assert kinds.night().code == 0
    for note in kinds.world.notes(VIRTUOUS):
        kinds.world.delete_note(VIRTUOUS, note["id"])
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    assert kinds.night().code == 5
    kinds.workplace.state.dead_letters.discard(CUSTOMER, LetterFilter(kind="note"), "anna")
    assert kinds.night().code == 0
    assert kinds.world.notes(VIRTUOUS) == []
