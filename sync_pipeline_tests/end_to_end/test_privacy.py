"""No value of a record is anywhere but where it has to be: nights full of marked values, and a search for the marks.

The search can fail: the same marks, planted in each kind of place in each encoding, are found.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from sqlalchemy import insert, or_, select

import sync_pipeline
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.tables import breakers, is_personal, ledger, metadata
from sync_pipeline.domain.operation import UNSENT, State
from sync_pipeline.orchestration.home import prepare_dagster_home
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.collector import Collector
from sync_pipeline_tests.marked import search
from sync_pipeline_tests.marked.nights import (
    Marked,
    everything_happens,
    leave_something_in_doubt,
    marked_deployment,
    two_nights_with_refusals,
)
from sync_pipeline_tests.marked.values import AMOUNT, BIRTH, HOURS, MARKS, PHONE, TOKENS
from sync_pipeline_tests.postgres import PostgresServer

GUIDE = Path(sync_pipeline.__file__).parents[1] / "docs/operations.md"
PLACES = (
    "what commands said",
    "Dagster's files",
    "pages",
    "messages",
    "traces and metrics",
    "names of files",
    "columns",
)
NAME = "O'Zqxmarklast12-Çelik"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in JSON": lambda text: json.dumps({"reason": text}),
    "in JSON in JSON": lambda text: json.dumps(json.dumps({"reason": text})),
    "in HTML": html.escape,
    "in an address": lambda text: quote(text, safe=""),
    "in base64": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "in base64 of something longer": lambda text: base64.b64encode(f"Basic {text}:x".encode()).decode(),
}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    """Everything that makes software talk has happened, on SQLite; 24 people, a minute."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "home").mkdir()
    with marked_deployment(folder, f"sqlite:///{folder}/home/state.db") as marked:
        everything_happens(marked)
        yield marked


@pytest.fixture(scope="module")
def found(nights: Marked) -> dict[str, list[search.Found]]:
    return nights.found()


@pytest.mark.parametrize("place", [*PLACES, "other files"])
def test_no_value_of_a_record_and_no_token_is_in(place: str, found: dict[str, list[search.Found]]) -> None:
    assert found[place] == []


def test_the_marks_went_everywhere_they_had_to(nights: Marked) -> None:
    """Else the search would prove nothing: they are in Virtuous, in the snapshots and in the declared columns."""
    world = nights.world
    token = TOKENS["virtuous"]
    arrived = [world.contacts(token), world.gifts(token), world.notes(token), world.opportunities(token)]
    assert [bool(search.in_text("", one)) for one in [*arrived, world.attendances(token)]] == [True] * 5
    text = json.dumps([*arrived, world.attendances(token)], default=str)
    assert [mark for mark in (PHONE, AMOUNT, HOURS) if mark not in text] == []
    assert '"birthYear": "1931"' in text
    assert BIRTH.encode() in b"".join(path.read_bytes() for path in nights.home.rglob("*.parquet"))
    assert search.personal_columns(nights.database_url) == dict.fromkeys(declared(), True)


def test_an_operation_that_is_over_keeps_no_payload(nights: Marked) -> None:
    database = Database(nights.database_url)
    over = ledger.c.state.not_in([*UNSENT, State.SENDING])
    kept = or_(ledger.c.payload.is_not(None), ledger.c.request.is_not(None))
    with database.read() as connection:
        assert connection.execute(select(ledger.c.operation_id).where(over)).first()
        assert connection.execute(select(ledger.c.kind, ledger.c.state).where(over, kept)).all() == []
    database.close()


def test_everything_that_was_to_be_searched_is_there(nights: Marked) -> None:
    """Dagster's databases and captured output, pages of runs and of the fleet, messages on both channels, spans."""
    home = nights.home
    assert [*(home / "dagster").rglob("*.db")]
    assert [path for path in (home / "dagster").rglob("*.err") if b"request_answered" in path.read_bytes()]
    assert len([*home.rglob("reports/*.html")]) > 5
    assert nights.world.slack_messages(TOKENS["slack"])
    assert (home / "alerts.jsonl").read_text(encoding="utf-8")
    assert {"slice", "stage"} <= {span.name.partition(" ")[0] for span in nights.collector.spans}
    said = "\n".join(path.read_text(encoding="utf-8") for path in nights.said.iterdir())
    for word in ("VALIDATION_FAILED", "hours is not a number", "does not accept the token", "Unexpected RuntimeError"):
        assert word in said


@pytest.mark.fleet  # the columns are those of SQLite, and written by the same statements
def test_no_column_of_postgresql_has_a_value_but_the_declared_ones(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create_database()
    try:
        with marked_deployment(tmp_path, postgres_server.url(name)) as marked:
            two_nights_with_refusals(marked)
            leave_something_in_doubt(marked)
        assert search.in_columns(marked.database_url) == []
        assert search.personal_columns(marked.database_url) == dict.fromkeys(declared(), True)
        assert marked.found()["what commands said"] == []
    finally:
        postgres_server.drop_database(name)


def test_the_guide_names_every_column_that_may_hold_values_and_no_other() -> None:
    _, _, section = GUIDE.read_text(encoding="utf-8").partition("\n## Personal data\n")
    assert set(re.findall(r"`(\w+\.\w+)`", section.partition("\n## ")[0])) == declared()


def declared() -> set[str]:
    tables = metadata.tables.values()
    return {f"{table.name}.{column.name}" for table in tables for column in table.columns if is_personal(column)}


@pytest.fixture
def clean(tmp_path: Path, sqlite_url: str) -> Marked:
    """A deployment in which nothing happened yet."""
    home, said, world = tmp_path / "home", tmp_path / "said", World()
    world.add_slack(TOKENS["slack"], {"C0001": "ops"})
    for folder in (home / "dagster", home / "data/customer=riverside/reports", said):
        folder.mkdir(parents=True)
    return Marked(home, said, sqlite_url, world, Collector())


@pytest.mark.parametrize("text", [*ENCODINGS])
def test_a_planted_name_is_found_in_a_log_however_it_is_written(clean: Marked, text: str) -> None:
    (clean.said / "000 run").write_text(f'{{"event": "x", "y": "{ENCODINGS[text](NAME)}"}}', encoding="utf-8")
    assert where(clean) == ["what commands said"]


@pytest.mark.parametrize(
    "value", [f"{PHONE}07", "(979) 555-9707", f"{AMOUNT}1.07", f"{HOURS}12", f"{BIRTH}07", "2/7/1931", *TOKENS.values()]
)
def test_planted_numbers_days_and_tokens_are_found_too(value: str) -> None:
    assert MARKS.search(f'{{"y": "{value}"}}'.lower().encode())


def test_a_planted_event_of_dagster_is_found(clean: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(clean.home / "dagster"))
    home = prepare_dagster_home(clean.home / "dagster")

    @dg.op
    def tells(context: dg.OpExecutionContext) -> None:
        context.log_event(dg.AssetMaterialization("told", metadata={"who": NAME}))

    @dg.job
    def telling() -> None:
        tells()

    assert where(clean) == []
    with dg.DagsterInstance.from_config(str(home)) as instance:
        telling.execute_in_process(instance=instance)
    assert where(clean) == ["Dagster's files"]


def test_a_planted_column_is_found(clean: Marked) -> None:
    database = Database(clean.database_url)
    with database.write() as connection:
        row = {"customer_id": "riverside", "consecutive_failures": 1, "reason": f"cannot write {NAME}"}
        connection.execute(insert(breakers).values(updated_at=datetime.now(UTC), **row))
    database.close()
    assert where(clean) == ["columns"]


def test_a_planted_page_a_planted_file_name_and_a_planted_span_are_found(clean: Marked) -> None:
    page = clean.home / "data/customer=riverside/reports/run.html"
    page.write_text(f"<td>{html.escape(NAME)}</td>", encoding="utf-8")
    assert where(clean) == ["pages"]
    page.rename(page.with_name("Zqxmarklast12.html"))
    assert where(clean) == ["pages", "names of files"]
    (clean.home / "alerts.jsonl").write_text(json.dumps({"text": NAME}), encoding="utf-8")
    spans = replace(clean, collector=Collector(raw=[NAME.encode()]))
    assert where(spans) == ["pages", "messages", "traces and metrics", "names of files", "other files"]


def where(marked: Marked) -> list[str]:
    return [place for place, found in marked.found().items() if found]
