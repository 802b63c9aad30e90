"""What waits for too long is for a person to see, once for all of it, and goes on by itself when its time comes."""

from sync_pipeline.domain.dead_letters import LetterFilter
from sync_pipeline.domain.operation import State
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VOMO, Deployment
from sync_pipeline_tests.end_to_end.kinds import assert_every_kind_delivered, morning, served


def aged(deployment: Deployment) -> int:
    """A night, and three days on which nobody runs the import; answers how many changes wait."""
    deployment.night()
    deployment.clock.advance(hours=72)
    return len(served(deployment)) + len(deployment.world.vomo_completions(VOMO))


def test_what_nobody_imports_is_told_once_and_delivered_after_the_import(kinds: Deployment) -> None:
    waiting = aged(kinds)
    late = kinds.night()
    assert (late.code, kinds.ledger()["review"]) == (5, waiting)
    (warning,) = [one for one in late.report.warnings if "have waited" in one]
    assert f"does not have: {waiting}." in warning
    letters = kinds.workplace.state.dead_letters.letters(CUSTOMER, LetterFilter(state=State.REVIEW))
    assert len(letters) == waiting
    assert all("what it waits for did not come: contact VOMO/" in str(letter.reason) for letter in letters)
    again = kinds.night()
    assert (again.code, kinds.ledger()["review"]) == (5, waiting)
    morning(kinds)
    done = kinds.night()
    assert (done.code, done.report.carried) == (0, waiting)
    assert "review" not in kinds.ledger()
    assert_every_kind_delivered(kinds)


def test_what_a_person_discarded_meanwhile_is_not_delivered(kinds: Deployment) -> None:
    aged(kinds)
    kinds.night()
    kinds.workplace.state.dead_letters.discard(CUSTOMER, LetterFilter(kind="note"), "anna")
    morning(kinds)
    assert kinds.night().code == 0
    assert kinds.books()["notes"] == {}


def test_a_newer_value_takes_the_place_of_what_waits_in_review(kinds: Deployment) -> None:
    aged(kinds)
    kinds.night()
    form = kinds.world.vomo_completions(VOMO)[0]["form_id"]
    kinds.world.edit_vomo_record(VOMO, "forms", form, name="Another Form")
    morning(kinds)
    assert kinds.night().code == 0
    assert_every_kind_delivered(kinds)
