"""A platform changes its columns between two nights: the run says so, and goes on."""

from typing import Any

from structlog.testing import capture_logs

from sync_pipeline.domain.run import Layer
from sync_pipeline.orchestration.metadata import snapshot_metadata
from sync_pipeline_tests.end_to_end.deployment import VOMO, Deployment

NEW, RETYPED, MISSING = "new column waiver_url (text)", "shoe_size was number, is text", "missing column full_name"


def change_users(deployment: Deployment, without: str | None = None, **fields: Any) -> None:
    """Give every user these columns, and take one away; nobody's `updated_at` moves."""
    with deployment.world.lock:
        users = deployment.world.vomo[VOMO].users
        for user in users.all():
            users.put({name: value for name, value in user.items() if name != without} | fields)


def test_new_missing_and_retyped_columns_are_told_by_everything_that_tells_about_a_run(
    deployment_on: Deployment,
) -> None:
    deployment = deployment_on
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    change_users(deployment, shoe_size=43)
    assert deployment.night().report.schema_changes == {}
    change_users(deployment, without="full_name", shoe_size="43 wide", waiver_url="https://example.org/w")
    with capture_logs() as logs:
        night = deployment.night()
    assert (night.code, night.report.status) == (0, "done")
    assert night.report.as_dict()["schema_changes"] == {"users": [NEW, MISSING, RETYPED]}
    assert [log["changes"] for log in logs if log["event"] == "schema_changed"] == [(NEW, MISSING, RETYPED)]
    assert night.read is not None
    rows = snapshot_metadata(night.read)["schema_changes"].records
    assert [record.data for record in rows] == [
        {"stream": "users", "change": change} for change in (NEW, MISSING, RETYPED)
    ]
    assert "43" not in str(night.report.schema_changes)
    assert deployment.night().report.schema_changes == {}


def test_a_night_of_few_records_adds_what_it_sees_and_misses_nothing(deployment: Deployment) -> None:
    deployment.night()
    change_users(deployment, without="full_name", waiver_url="https://example.org/w")
    night = deployment.night()
    assert night.read is not None
    assert (night.read.reads[0].rows, night.report.schema_changes) == (1, {"users": [NEW]})
    deployment.world.edit_vomo_user(VOMO, 6, phone="(555) 555-0112")
    assert deployment.night().report.schema_changes == {}
    change_users(deployment, without="full_name")
    assert deployment.night(Layer.INITIAL).report.schema_changes == {"users": [MISSING]}


def test_a_renamed_column_that_the_recipe_maps_fails_the_stream_and_says_what_else_changed(
    deployment: Deployment,
) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    deployment.night()
    change_users(deployment, without="phone", mobile="(555) 555-0111")
    night = deployment.night()
    assert night.code == 1
    [failure] = night.report.stage_failures
    assert "no longer have phone" in failure["message"]
    assert "new column mobile (text)" in failure["remedy"]
