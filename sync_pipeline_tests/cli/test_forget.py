"""`customers forget` and `customers audit`: a customer who left, as a person types it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.orchestration.launch import opened_instance
from sync_pipeline.sandbox.world import World
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.adapters.sql.support import holder_elsewhere
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, write_customer

Command = Callable[..., Printed]
FORGET = ("customers", "forget", CUSTOMER, "--reason", "agreement ended, ticket 7")
NEIGHBOUR = "lakeside"


@contextmanager
def opened() -> Iterator[Workplace]:
    workplace = Workplace()
    try:
        yield workplace
    finally:
        workplace.close()


def dagster_runs(customer_id: str) -> int:
    with opened() as workplace, opened_instance(workplace) as instance:
        return len(instance.get_runs(dg.RunsFilter(tags={"dagster/partition": customer_id})))


@pytest.fixture
def left(fleet: Path, command: Command) -> str:
    """A customer was synced, and its file is gone; answers the text of the file."""
    assert command("run", CUSTOMER, "--json").code == 0
    file = fleet / f"{CUSTOMER}.yaml"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    return text


def data_of(customer_id: str) -> Path:
    with opened() as workplace:
        return workplace.settings.data_folder / f"customer={customer_id}"


@pytest.mark.usefixtures("left")
def test_everything_goes_and_a_second_time_finds_nothing(command: Command) -> None:
    would_go = command(*FORGET, "--dry-run", "--json").document
    assert data_of(CUSTOMER).is_dir()
    went = command(*FORGET, "--json")
    assert (went.code, {**went.document, "dry_run": True}) == (0, would_go)
    assert went.document["files"] > 0
    assert went.document["rows"]["ledger"] == 20
    assert went.document["dagster_runs"] == 1
    assert not data_of(CUSTOMER).exists()
    assert dagster_runs(CUSTOMER) == 0
    again = command(*FORGET, "--json")
    left = [again.document[what] for what in ("files", "rows", "dagster_runs")]
    assert (again.code, left) == (0, [0, {}, 0])
    entries = command("customers", "audit", CUSTOMER, "--json").document["entries"]
    assert [(entry["action"], entry["reason"]) for entry in entries][1:] == [("forget", "agreement ended, ticket 7")]


@pytest.mark.usefixtures("left")
def test_a_person_sees_what_went(command: Command) -> None:
    assert "Nothing of maple-street-library was removed." in command(*FORGET, "--dry-run").out
    printed = command(*FORGET)
    assert "rows of ledger" in printed.out
    assert "Nothing is left of maple-street-library but the audit log." in printed.out


def test_the_neighbour_keeps_everything(fleet: Path, command: Command, world: World) -> None:
    url = (fleet / f"{CUSTOMER}.yaml").read_text().partition('base_url: "')[2].partition('"')[0]
    write_customer(fleet, NEIGHBOUR, url)
    for customer_id in (CUSTOMER, NEIGHBOUR):
        assert command("run", customer_id, "--json").code == 0
    (fleet / f"{CUSTOMER}.yaml").unlink()
    assert command(*FORGET).code == 0
    received = world.books("virtuous-token")["rows_received"]
    report = command("run", NEIGHBOUR, "--json").document
    assert (report["layer"], report["unchanged"]) == ("nightly", 20)
    assert world.books("virtuous-token")["rows_received"] == received
    assert dagster_runs(NEIGHBOUR) == 2


def test_who_comes_back_begins_anew_and_nobody_is_there_twice(
    left: str, fleet: Path, command: Command, world: World
) -> None:
    world.run_import("virtuous-token")
    assert command(*FORGET).code == 0
    (fleet / f"{CUSTOMER}.yaml").write_text(left, encoding="utf-8")
    report = command("run", CUSTOMER, "--json").document
    assert (report["layer"], report["status"], report["successes"]) == ("initial", "done", 20)
    world.run_import("virtuous-token")
    assert len(world.contacts("virtuous-token")) == 20
    assert world.books("virtuous-token")["duplicates"] == 0


@pytest.mark.parametrize("name", [CUSTOMER, CUSTOMER.upper()])
def test_nobody_is_forgotten_whose_file_is_there(left: str, fleet: Path, command: Command, name: str) -> None:
    del left
    (fleet / f"{name}.yaml").write_text("not even a customer\n", encoding="utf-8")
    printed = command(*FORGET, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
    assert f"{name}.yaml is in the folder" in printed.document["error"]["message"]
    assert data_of(CUSTOMER).is_dir()


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("words", [FORGET, (*FORGET, "--dry-run")])
def test_nobody_is_forgotten_whom_somebody_works_on(command: Command, words: tuple[str, ...]) -> None:
    with opened() as workplace:
        assert workplace.state.leases.acquire(CUSTOMER, holder_elsewhere()) is not None
    printed = command(*words, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (4, "busy")
    assert data_of(CUSTOMER).is_dir()


@pytest.mark.usefixtures("fleet")
def test_nobody_is_forgotten_who_never_was_or_without_a_reason(command: Command) -> None:
    unknown = command("customers", "forget", "mapel-street", "--reason", "x", "--json")
    assert (unknown.code, "Nothing is kept of" in unknown.document["error"]["message"]) == (2, True)
    outside = command("customers", "forget", "../customers", "--reason", "x", "--json")
    assert (outside.code, outside.document["error"]["code"]) == (2, "configuration")
    empty = command("customers", "forget", CUSTOMER, "--reason", " ", "--json")
    assert (empty.code, "reason is empty" in empty.document["error"]["message"]) == (2, True)


@pytest.mark.usefixtures("fleet")
def test_the_audit_log_has_what_was_done_by_hand_from_a_moment_on(command: Command) -> None:
    assert command("customers", "audit", CUSTOMER, "--json").document["entries"] == []
    command("run", CUSTOMER)
    command("customers", "pause", CUSTOMER, "--reason", "a question")
    entries = command("customers", "audit", CUSTOMER, "--since", "1h", "--json").document["entries"]
    assert [entry["action"] for entry in entries] == ["run", "pause"]
    assert all(entry["actor"] for entry in entries)
    for later in ("2999-01-01", "2999-01-01T10:00+02:00"):
        assert command("customers", "audit", CUSTOMER, "--since", later, "--json").document["entries"] == []
    assert "a question" in command("customers", "audit", CUSTOMER).out


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("words", [(CUSTOMER, "--since", "yesterday"), ("mapel-street",)])
def test_a_moment_or_a_customer_that_is_none_is_refused(command: Command, words: tuple[str, ...]) -> None:
    printed = command("customers", "audit", *words, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")
