"""Every run leaves a page, whatever becomes of it; a page that cannot be written is nobody's failure."""

import asyncio
import json
import re
from pathlib import Path

import structlog

from sync_pipeline.adapters.process import this_process
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import Run
from sync_pipeline.orchestration.sweep import sweep
from sync_pipeline.stages.applied_ledger import apply_ledger
from sync_pipeline.stages.run_page import PageSources, run_page
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VIRTUOUS, VOMO, Deployment, PatientKeeper

NETWORK = re.compile(r"<script|<link(?! rel=\"icon\" href=\"data:,\")|src=|url\(|https?://|@import", re.IGNORECASE)


def page_of(deployment: Deployment, report: RunReport) -> Path:
    page = deployment.workplace.pages.run_page(CUSTOMER, report.run_id)
    assert page is not None
    return page.path


def text_of(deployment: Deployment, report: RunReport) -> str:
    return page_of(deployment, report).read_text(encoding="utf-8")


def test_a_run_leaves_a_page_of_its_own_that_needs_nothing_else(deployment_on: Deployment) -> None:
    night = deployment_on.night()
    path = page_of(deployment_on, night.report)
    folder = deployment_on.workplace.settings.data_folder
    assert path == folder / f"customer={CUSTOMER}" / "reports" / f"{night.report.run_id}.html"
    assert path.stat().st_mode & 0o777 == 0o600
    html = path.read_text(encoding="utf-8")
    assert "All 40 changes were delivered; nobody has to do anything." in html
    assert NETWORK.findall(html) == []
    assert len(html) < 300_000
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_page_holds_ids_and_counts_and_nothing_of_a_record(deployment: Deployment) -> None:
    users = deployment.world.vomo_users(VOMO)
    for user in users[:3]:
        deployment.world.edit_vomo_user(VOMO, user["id"], last_name="", email=f"secret-{user['id']}@example.org")
    html = text_of(deployment, deployment.night().report)
    values = {
        str(user[name]) for user in deployment.world.vomo_users(VOMO) for name in ("email", "phone") if user[name]
    }
    values |= {user["last_name"] for user in users}
    assert [value for value in values if re.search(rf"\b{re.escape(value)}\b", html)] == []
    assert "users <code>1</code>" in html
    assert "3 dead letters need a person" in html


def test_each_slice_writes_the_page_of_its_run_anew(deployment: Deployment) -> None:
    deployment.world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=7200, times=1)
    parked = deployment.slice_of_night(slot="2026-03-01").report
    moment = '<span class="nowrap">2026-03-01 08:00 UTC</span>'
    assert f"the run is parked and goes on by itself at {moment}" in text_of(deployment, parked)
    deployment.clock.advance(hours=2)
    (entry,) = deployment.workplace.state.parks.due(deployment.clock.now())
    done = next_slice(deployment, entry.run)
    assert done.run_id == parked.run_id
    html = text_of(deployment, done)
    assert "All 40 changes were delivered" in html
    assert "2 slices" in html


def next_slice(deployment: Deployment, run: Run) -> RunReport:
    """What is left of a parked run, under its own id."""
    workplace = deployment.workplace
    lease = workplace.state.leases.acquire(CUSTOMER, this_process())
    assert lease is not None
    try:
        workplace.state.runs.begin_slice(lease, run, "another-dagster-run")
        keeper = PatientKeeper(workplace.state.leases, lease)
        context = workplace.context(deployment.customer, run, "another-dagster-run", keeper)
        return asyncio.run(apply_ledger(context))
    finally:
        workplace.state.leases.release(lease)


def test_failed_paused_and_held_runs_leave_pages_that_say_what_to_do(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}}, limits={"guard": {"changes": 0.5}})
    deployment.night()
    deployment.world.change_vomo(VOMO, share=0, remove=21)
    held = text_of(deployment, deployment.night().report)
    assert re.search(rf"sync-pipeline change-sets approve {CUSTOMER} \d+", held)
    deployment.world.add_fault(side="vomo", kind="status_before", status=403, path="/vomo/v1/users")
    failed = text_of(deployment, deployment.night().report)
    assert "The run failed in" in failed
    assert f"sync-pipeline run {CUSTOMER}" in failed
    deployment.workplace.state.breakers.pause(CUSTOMER, "we look at something", "anna")
    paused = text_of(deployment, deployment.night().report)
    assert "this customer is paused: we look at something" in paused
    assert f"sync-pipeline customers resume {CUSTOMER}" in paused


def test_a_reconciliation_tells_what_virtuous_shows(deployment: Deployment) -> None:
    deployment.night()
    deployment.world.run_import(VIRTUOUS)
    html = text_of(deployment, deployment.reconciliation().report)
    assert "<h2>Reconciliation</h2>" in html
    assert re.search(r"<td>confirmed</td><td class=\"n\">40</td>", html)


def test_a_poll_leaves_a_page_only_when_it_found_something(deployment: Deployment) -> None:
    deployment.configure(streams={"users": {"read": {"strategy": "modified_since", "concurrency": 1}}})
    first = page_of(deployment, deployment.night().report)
    asyncio.run(sweep(deployment.workplace, "a-sweep"))
    assert list(first.parent.iterdir()) == [first]
    deployment.world.edit_vomo_user(VOMO, 3, phone="(555) 555-0142")
    deployment.clock.advance(minutes=31)
    asyncio.run(sweep(deployment.workplace, "a-sweep"))
    (second,) = {*first.parent.iterdir()} - {first}
    assert second.name.startswith("poll-")
    assert "1 is not sent yet" in second.read_text(encoding="utf-8")


def test_the_page_can_be_made_again_from_the_stores_alone(deployment: Deployment) -> None:
    report = deployment.slice_of_night().report
    written = text_of(deployment, report)
    state = deployment.workplace.state
    sources = PageSources(state.history, state.cuts, state.quota, state.breakers)
    stored = state.history.run(CUSTOMER, report.run_id)
    assert stored is not None
    page_of(deployment, report).unlink()
    deployment.workplace.pages.write_run(run_page(deployment.customer, stored, sources, deployment.clock.now()))
    assert text_of(deployment, report) == written


def test_a_page_that_cannot_be_written_is_a_warning_and_nothing_else(deployment: Deployment) -> None:
    folder = deployment.workplace.settings.data_folder / f"customer={CUSTOMER}"
    folder.mkdir(parents=True)
    (folder / "reports").write_text("in the way")
    with structlog.testing.capture_logs() as logs:
        night = deployment.night()
    assert (night.code, night.report.successes) == (0, 40)
    (warning,) = [entry for entry in logs if entry["event"] == "page_not_written"]
    assert warning["log_level"] == "warning"
    assert warning["error"].startswith("Unexpected FileExistsError")
    assert str(folder) not in json.dumps(warning)
