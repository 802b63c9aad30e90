"""Nights on which nothing goes wrong."""

from sync_pipeline.domain.run import Layer
from sync_pipeline_tests.end_to_end.deployment import BATCH, SINGLE, USERS, VIRTUOUS, VOMO, Deployment
from sync_pipeline_tests.end_to_end.expectations import assert_delivered


def test_the_first_night_delivers_every_user_in_batches(deployment_on: Deployment) -> None:
    deployment_on.configure(destination={"batch": {"max": 15}})
    night = deployment_on.night()
    assert (night.code, night.report.status, night.report.layer) == (0, "done", "initial")
    assert (night.report.creates, night.report.successes, night.report.carried) == (40, 40, 0)
    assert deployment_on.books()["requests"][BATCH] == night.report.requests[BATCH] == 3
    assert night.report.requests_total == night.report.source_requests + sum(night.report.requests.values())
    assert deployment_on.books()["repeats"] == 0
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_an_unchanged_night_writes_nothing_and_reads_one_page(deployment_on: Deployment) -> None:
    deployment_on.night()
    writes, pages = deployment_on.writes(), deployment_on.books(VOMO)["requests"][USERS]
    night = deployment_on.night()
    assert (night.code, night.report.layer, night.report.total_changes) == (0, "nightly", 0)
    assert night.report.unchanged == 40
    assert deployment_on.writes() == writes
    assert deployment_on.books(VOMO)["requests"][USERS] == pages + 2  # the credential is tried, then one page is read


def test_a_night_with_a_few_changes_sends_only_those(deployment_on: Deployment) -> None:
    deployment_on.night()
    touched = deployment_on.world.change_vomo(VOMO, share=0.1, add=2)
    before = deployment_on.books()["rows_received"]
    night = deployment_on.night()
    assert (night.report.creates, night.report.updates, night.report.deletes) == (2, 4, 0)
    assert night.report.unchanged == 36
    assert deployment_on.books()["rows_received"] == before + 6
    assert night.report.checkpoint == {"users": touched["updated_at"]}
    assert_delivered(deployment_on.world, VIRTUOUS, VOMO)


def test_one_change_travels_alone_through_the_endpoint_that_documents_every_field(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.edit_vomo_user(VOMO, 7, phone="(555) 555-0142")
    night = deployment.night()
    assert night.report.requests[SINGLE] == 1
    assert BATCH not in night.report.requests
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_only_changes_since_the_position_less_the_overlap_are_asked_for(deployment: Deployment) -> None:
    deployment.world.edit_vomo_user(VOMO, 1, phone="(555) 555-0101")
    deployment.clock.advance(minutes=2)
    deployment.world.edit_vomo_user(VOMO, 2, phone="(555) 555-0102")
    deployment.clock.advance(minutes=4)
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0103")
    deployment.night()
    quiet = deployment.night()
    assert quiet.read is not None
    assert quiet.read.reads[0].rows == 2  # users 2 and 3: 4 and 0 minutes before the position; 1 is out of the overlap
    assert quiet.report.total_changes == 0


def test_the_initial_layer_reads_everything_again_and_sends_only_what_differs(deployment: Deployment) -> None:
    deployment.night()
    writes = deployment.writes()
    again = deployment.night(Layer.INITIAL)
    assert again.read is not None
    assert again.read.reads[0].rows == 40
    assert (again.report.total_changes, deployment.writes()) == (0, writes)


def test_a_value_that_goes_and_comes_back_ends_as_the_source_has_it(deployment: Deployment) -> None:
    phone = deployment.world.vomo_users(VOMO)[4]["phone"]
    deployment.night()
    for value in ("(555) 555-0199", phone):
        deployment.world.edit_vomo_user(VOMO, 5, phone=value)
        assert deployment.night().report.updates == 1
    assert_delivered(deployment.world, VIRTUOUS, VOMO)


def test_two_users_who_are_the_same_in_every_value_are_two_contacts(deployment: Deployment) -> None:
    twin = {"first_name": "Same", "last_name": "Person", "email": "", "phone": "(555) 555-0100", "birthday": None}
    for user_id in (8, 9):
        deployment.world.edit_vomo_user(VOMO, user_id, gender=None, membership_role="VOLUNTEER", **twin)
    deployment.night()
    deployment.world.run_import(VIRTUOUS)
    contacts = deployment.world.contacts(VIRTUOUS)
    assert contacts["VOMO/8"]["firstName"] == contacts["VOMO/9"]["firstName"] == "Same"
    assert deployment.books()["contacts"] == 40


def test_a_source_without_a_record_is_synced_without_a_word(deployment: Deployment) -> None:
    deployment.world.add_vomo_organization(VOMO, users=0)
    night = deployment.night()
    assert (night.code, night.report.total_changes, deployment.writes()) == (0, 0, 0)
    deployment.world.change_vomo(VOMO, share=0, add=3)
    assert deployment.night().report.creates == 3
    assert_delivered(deployment.world, VIRTUOUS, VOMO)
