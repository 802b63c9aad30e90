"""What could not be delivered one night goes first on the next."""

from sync_pipeline_tests.end_to_end.deployment import VIRTUOUS, VOMO, Deployment, night_of_an_outage
from sync_pipeline_tests.end_to_end.expectations import assert_delivered


def test_a_night_without_virtuous_defers_everything_to_the_next(deployment_on: Deployment, nobody_listens: str) -> None:
    dark = night_of_an_outage(deployment_on, nobody_listens)
    assert (dark.code, dark.report.status, dark.report.deferred, dark.report.failures) == (3, "done", 40, 0)
    assert deployment_on.ledger() == {"deferred": 40}
    night = deployment_on.night()
    assert (night.code, night.report.total_changes, night.report.carried) == (0, 0, 40)
    assert deployment_on.books()["repeats"] == 0
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_what_was_deferred_goes_before_what_is_new(deployment: Deployment, nobody_listens: str) -> None:
    deployment.configure(destination={"batch": {"max": 10}})
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 40, phone="(555) 555-0140")
    night_of_an_outage(deployment, nobody_listens)
    deployment.world.change_vomo(VOMO, share=0, add=20)
    # The quota has room for one request besides the prerequisites: it has to carry what waited since yesterday.
    deployment.configure(destination={"quota": {"cap": 3, "use": 1.0}})
    deployment.clock.advance(days=1)
    night = deployment.slice_of_night()
    assert night.report.carried == 1
    assert night.report.pending > 0


def test_a_value_that_changes_while_its_record_is_deferred_is_sent_once(
    deployment: Deployment, nobody_listens: str
) -> None:
    deployment.night()
    rows = deployment.books()["rows_received"]
    deployment.world.edit_vomo_user(VOMO, 8, phone="(555) 555-0108")
    night_of_an_outage(deployment, nobody_listens)
    deployment.world.edit_vomo_user(VOMO, 8, phone="(555) 555-0109")
    night = deployment.night()
    assert (night.code, night.report.successes) == (0, 1)
    assert deployment.books()["rows_received"] == rows + 1
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_an_outage_of_many_nights_makes_no_dead_letter(deployment: Deployment, nobody_listens: str) -> None:
    for _ in range(6):  # five dates on which others went through would make one
        dark = night_of_an_outage(deployment, nobody_listens)
        assert (dark.code, dark.report.failures) == (3, 0)
    assert deployment.ledger() == {"deferred": 40}
    assert deployment.night().code == 0
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_the_checkpoint_passes_what_is_deferred_and_the_exit_code_does_not(
    deployment: Deployment, nobody_listens: str
) -> None:
    deployment.night()
    changed = deployment.world.edit_vomo_user(VOMO, 8, phone="(555) 555-0108")
    dark = night_of_an_outage(deployment, nobody_listens)
    assert (dark.code, dark.report.checkpoint) == (3, {"users": changed["updated_at"]})
