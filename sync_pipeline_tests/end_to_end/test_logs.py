"""Every line of a run says whose it is, also while many customers are polled at once; the guide knows every event."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.testing import capture_logs

import sync_pipeline
from sync_pipeline.adapters.sql.tables import slices
from sync_pipeline.definitions import defs
from sync_pipeline.domain.run import Layer, Run
from sync_pipeline.orchestration.launch import execute_slice, new_run
from sync_pipeline.orchestration.sweep import sweep
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.end_to_end.deployment import Deployment, merged, secret, write_yaml
from sync_pipeline_tests.loaded_fleet import load_everybody
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Lines = list[dict[str, Any]]

GUIDE = Path(__file__).parents[2] / "docs/operations.md"
EVENT = re.compile(r'\.(?:debug|info|warning|error)\(\s*"([a-z_]+)"')
NEIGHBOURS = 8


def night(capsys: pytest.CaptureFixture[str]) -> tuple[Run, str, Lines]:
    """A slice through Dagster: the run, its Dagster run, and what was logged."""
    workplace = Workplace()
    try:
        run = new_run(workplace, workplace.customer(CUSTOMER), None)
        assert execute_slice(workplace, run, defs) is None
        (dagster_run_id,) = dagster_runs(workplace, run)
    finally:
        workplace.close()
    err = capsys.readouterr().err
    return run, dagster_run_id, [json.loads(line) for line in err.splitlines() if line.startswith("{")]


def dagster_runs(workplace: Workplace, run: Run) -> Iterator[str]:
    with workplace.state.database.read() as connection:
        yield from connection.execute(select(slices.c.dagster_run_id).where(slices.c.run_id == run.run_id)).scalars()


@pytest.mark.usefixtures("fleet")
def test_every_event_of_a_run_names_its_customer_run_layer_and_trace(capsys: pytest.CaptureFixture[str]) -> None:
    run, dagster_run_id, lines = night(capsys)
    whose = {(line["customer"], line["run"], line["layer"], line["trace"]) for line in lines}
    assert whose == {(CUSTOMER, run.run_id, Layer.INITIAL.value, dagster_run_id.replace("-", ""))}


@pytest.mark.usefixtures("fleet")
def test_a_night_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, lines = night(capsys)
    told = [line["event"] for line in lines if line["event"] != "request_answered"]
    assert told == [
        "slice_began",
        "read_began",
        "stream_read",
        "stream_compared",
        "cut_planned",
        "slice_finished",
    ]
    by_event = {line["event"]: line for line in lines}
    assert (by_event["read_began"]["stage"], by_event["read_began"]["stream"]) == ("source_snapshot", "users")
    assert by_event["stream_read"]["rows"] == by_event["stream_compared"]["creates"] == 20
    assert by_event["slice_finished"]["stage"] == "applied_ledger"


@pytest.mark.usefixtures("fleet")
def test_a_request_names_its_batch_and_attempt_and_repeated_ones_count_up(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.add_fault(side="virtuous", kind="cut_before", path="/api/Contact", times=1)
    _, _, lines = night(capsys)
    sent = [line for line in lines if line["event"] == "request_answered" and "batch" in line]
    assert [(line["attempt"], line["rows"], line["outcome"]) for line in sent] == [
        (1, 20, "no_answer"),
        (2, 20, "accepted"),
    ]
    settled = next(line for line in lines if line["event"] == "doubt_settled")
    assert (settled["in_doubt"], settled["left"]) == (20, 0)


@pytest.mark.usefixtures("fleet")
def test_a_parked_slice_says_when_it_goes_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.add_fault(side="virtuous", kind="rate_limited", path="/api/Contact", retry_after=3600, times=1)
    _, _, lines = night(capsys)
    parked = next(line for line in lines if line["event"] == "slice_parked")
    assert (parked["parked_in"], parked["resume_at"] is not None) == ("applied_ledger", True)


@pytest.mark.usefixtures("fleet")
def test_no_line_holds_a_value_an_address_or_a_token(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, lines = night(capsys)
    text = json.dumps(lines)
    assert not re.search(r"@|https?://|virtuous-token|vomo-token", text)
    world.run_import("virtuous-token")
    names = {name for contact in world.contacts("virtuous-token").values() for name in strings(contact, "lastName")}
    assert names
    assert not [name for name in names if f'"{name}"' in text or f" {name}" in text]


def strings(document: Any, field: str) -> Iterator[str]:
    """Every text below this name, however deep."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == field and isinstance(value, str):
                yield value
            else:
                yield from strings(value, field)
    elif isinstance(document, list):
        for one in document:
            yield from strings(one, field)


def test_customers_that_are_polled_at_once_do_not_take_each_others_names(deployment: Deployment) -> None:
    records = {f"customer-{number}": number + 1 for number in range(NEIGHBOURS)}
    for name, users in records.items():
        deployment.world.add_vomo_organization(f"{name}-token", users=users)
        source = {"vomo": {"token": secret(deployment.folder, f"{name}-token")}}
        incremental = {"users": {"read": {"strategy": "modified_since"}}}
        document = merged(deployment.settings, {"id": name, "sources": source, "streams": incremental})
        write_yaml(deployment.workplace.settings.customers / f"{name}.yaml", document)
    asyncio.run(load_everybody(deployment.workplace))
    for name in records:
        deployment.world.change_vomo(f"{name}-token", share=0, add=1)
    deployment.clock.advance(minutes=31)
    with capture_logs([merge_contextvars]) as logs:
        done = asyncio.run(sweep(deployment.workplace, "a-sweep"))
    assert done.changes == NEIGHBOURS
    polled = [line for line in logs if "run" in line]
    assert {line["customer"] for line in polled} >= records.keys()
    runs = {(line["customer"], line["run"], line["trace"]) for line in polled}
    assert len(runs) == len({customer for customer, _, _ in runs})  # nobody's line has another's run or trace
    for name in records:
        events = [line["event"] for line in polled if line["customer"] == name]
        assert events.count("stream_read") == events.count("polled") == 1, name
        planned = next(line for line in polled if line["customer"] == name and line["event"] == "polled")
        assert planned["changes"] == 1
    assert get_contextvars() == {}


def test_the_guide_has_every_event_and_no_other() -> None:
    package = Path(sync_pipeline.__file__).parent
    source = "\n".join(
        text for path in package.rglob("*.py") if "structlog" in (text := path.read_text(encoding="utf-8"))
    )
    _, _, section = GUIDE.read_text(encoding="utf-8").partition("\n## Logs\n")
    table, _, _ = section.partition("\n## ")
    documented = {
        name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert documented == set(EVENT.findall(source))
