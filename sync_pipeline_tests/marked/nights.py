"""Nights of a deployment full of marked values, in which everything goes wrong that makes software talk."""

import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.cli.main import run as run_command
from sync_pipeline.domain.mapping import RecordMapping
from sync_pipeline.orchestration.sensors import check_alerts
from sync_pipeline.orchestration.sweep import poll_sweep
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.collector import Collector, collecting
from sync_pipeline_tests.end_to_end.deployment import write_yaml
from sync_pipeline_tests.marked import search
from sync_pipeline_tests.marked.values import TOKENS, mark_everybody, word
from sync_pipeline_tests.orchestration.nights import Nights

CUSTOMER = "riverside"
OPS = "C0001"
CONTACTS, GIFTS, NOTES, OPPORTUNITIES = (
    "/api/Contact/Batch",
    "/api/v2/Gift",
    "/api/ContactNote",
    "/api/VolunteerOpportunity",
)
WORK_IS_LEFT = (3, 4)  # the second where something is held besides
SIZES: dict[str, Any] = {
    "projects": 2,
    "dates_per_project": 2,
    "participations_per_date": 3,
    "forms": 1,
    "completions": 4,
}
LOOKS: tuple[tuple[str, ...], ...] = (
    ("customers", "list"),
    ("customers", "show", CUSTOMER),
    ("customers", "validate"),
    ("status",),
    ("status", CUSTOMER),
    ("report", CUSTOMER),
    ("dead-letters", "list", CUSTOMER),
    ("change-sets", "list", CUSTOMER),
    ("alerts", "list"),
    ("plan", CUSTOMER),
    ("sources", "check", CUSTOMER),
    ("sources", "sample", CUSTOMER, "users"),
    ("explain", CUSTOMER, "users", "2"),
    ("explain", CUSTOMER, "donations", "don_000001"),
    ("prune", "--dry-run"),
)
"""Commands that tell something of the deployment; each is asked for its tables and for its document."""


@dataclass
class Marked:
    """A deployment: its folders, what it said to whom, and the other side of its connections."""

    home: Path
    said: Path
    database_url: str
    world: World
    collector: Collector

    def command(self, *words: str) -> int:
        """One command line, with its output in files, as a shell would have it."""
        name = f"{len(list(self.said.iterdir())):03d} {' '.join(words)}".replace("/", " ")
        with (self.said / name).open("wb") as file, output_into(file.fileno()):
            return run_command(words)

    def goes(self, code: int, *words: str) -> None:
        """A command line that is known to end with this code: what it is here for has happened."""
        assert self.command(*words) == code, words

    def document(self, *words: str) -> Any:
        """What the command answers in JSON."""
        before = {*self.said.iterdir()}
        self.command(*words, "--json")
        (told,) = {*self.said.iterdir()} - before
        text = told.read_text(encoding="utf-8")
        return json.loads("\n".join(line for line in text.splitlines() if not line.startswith('{"')))

    def found(self) -> dict[str, list[search.Found]]:
        """Marked values by where they are, in every place that is meant to be free of them."""
        data, alerts = self.home / "data", self.home / "alerts.jsonl"
        everything = [path for path in self.home.rglob("*") if data not in path.parents]
        state = {path for path in everything if path.name.startswith("state.db")}
        return {
            "what commands said": search.in_files(self.said, self.said.iterdir()),
            "Dagster's files": search.in_files(self.home, (self.home / "dagster").rglob("*")),
            "pages": search.in_files(data, data.rglob("*.html")),
            "messages": [
                *search.in_text("Slack", self.world.slack_messages(TOKENS["slack"])),
                *search.in_files(self.home, iter([alerts])),
            ],
            "traces and metrics": [one for raw in self.collector.raw for one in search.in_bytes("a batch", raw)],
            "names of files": search.in_names(self.home),
            "columns": search.in_columns(self.database_url),
            "other files": search.in_files(
                self.home, (one for one in everything if one not in state and self.home / "dagster" not in one.parents)
            ),
        }


@contextmanager
def output_into(descriptor: int) -> Generator[None]:
    """Standard output and error of the process itself: Dagster and libraries write to the descriptors."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        with (
            open(1, "w", buffering=1, encoding="utf-8", closefd=False) as out,
            open(2, "w", buffering=1, encoding="utf-8", closefd=False) as err,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            yield
    finally:
        for number, old in enumerate(kept, 1):
            os.dup2(old, number)
            os.close(old)


@contextmanager
def marked_deployment(folder: Path, database_url: str) -> Iterator[Marked]:
    """One customer with every kind of record; nothing synced yet."""
    world = World()
    world.add_organization(TOKENS["virtuous"])
    world.add_vomo_organization(TOKENS["vomo"], users=24, oddities=False, **SIZES)
    world.add_giving_organization(TOKENS["giving"], donations=9, seed=5)
    world.add_slack(TOKENS["slack"], {OPS: "ops"})
    mark_everybody(world)
    home, said, customers = folder / "home", folder / "said", folder / "customers"
    for made in (said, customers):
        made.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as environment, running_sandbox(world) as url, collecting() as collector:
        for name, token in TOKENS.items():
            environment.setenv(f"{name.upper()}_TOKEN", token)
        for name, value in {
            "SYNC_HOME": str(home),
            "DAGSTER_HOME": str(home / "dagster"),
            "SYNC_CUSTOMERS": str(customers),
            "SYNC_DATABASE_URL": database_url,
            "SYNC_SLACK_TOKEN": TOKENS["slack"],
            "SYNC_SLACK_CHANNEL": OPS,
            "SYNC_SLACK_BASE_URL": f"{url}/slack/api",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }.items():
            environment.setenv(name, value)
        write_yaml(customers / f"{CUSTOMER}.yaml", customer_file(url))
        yield Marked(home, said, database_url, world, collector)


def customer_file(url: str) -> dict[str, Any]:
    """As a customer has it who sends everything it has: answers in notes, and fields of its own."""
    vomo = {"connector": "vomo", "base_url": f"{url}/vomo/v1", "token": "env:VOMO_TOKEN", "reference_source": "VOMO"}
    giving = {"connector": "giving", "base_url": f"{url}/giving/v1", "token": "env:GIVING_TOKEN"}
    own = {"address1": "address", "customFields.Street": "address"}
    return {
        "id": CUSTOMER,
        "name": "Riverside",
        "destination": {"base_url": url, "token": "env:VIRTUOUS_TOKEN", "settle_seconds": 1},
        "sources": {"vomo": vomo, "giving": giving | {"reference_source": "Giving"}},
        "streams": {
            "users": {"source": "vomo", "recipe": "vomo_users_to_contacts", "fields": own},
            "projects": {"source": "vomo", "recipe": "vomo_projects_to_opportunities"},
            "participations": {"source": "vomo", "recipe": "vomo_participations_to_attendance"},
            "completions": {
                "source": "vomo",
                "recipe": "vomo_completions_to_notes",
                "fields": {"note": "'Answers: ' || field_responses"},
            },
            "donors": {"source": "giving", "recipe": "giving_donors_to_contacts"},
            "donations": {"source": "giving", "recipe": "giving_donations_to_gifts", "on_delete": "reverse"},
        },
    }


def everything_happens(marked: Marked) -> None:
    """Good nights, refusals that quote, a reconciliation, refused tokens, broken pages, crashes of ours, polls."""
    two_nights_with_refusals(marked)
    crashes(marked)
    marked.world.run_import(TOKENS["virtuous"])
    marked.goes(3, "run", CUSTOMER, "--layer", "reconcile", "--full", "--json")
    broken_sources(marked)
    everybody_changes(marked.world)
    marked.goes(4, "run", CUSTOMER)
    with_dagster(marked, tell)
    look(marked)
    refused_by_virtuous_and_slack(marked)
    leave_something_in_doubt(marked)
    polls(marked)


def two_nights_with_refusals(marked: Marked) -> None:
    world = marked.world
    refuse(world, CONTACTS, 6)
    refuse(world, GIFTS, 5)
    refuse(world, OPPORTUNITIES, 1)
    marked.goes(3, "run", CUSTOMER, "--json")
    world.clear_faults()
    world.run_import(TOKENS["virtuous"])
    edit_somebody(world, 3)
    spoil_somebody(world, 4)
    refuse(world, NOTES, 1)
    refuse(world, OPPORTUNITIES, 2)
    world.add_fault(side="virtuous", kind="cut_after", path=CONTACTS, times=1)
    marked.goes(3, "run", CUSTOMER)
    world.clear_faults()
    world.run_import(TOKENS["virtuous"])
    correct_in_virtuous(world)


def broken_sources(marked: Marked) -> None:
    """Pages that are cut off in the middle of a person, or that are no pages; then the token is refused."""
    edit_somebody(marked.world, 5)
    marked.world.add_fault(side="vomo", kind="truncated_page")
    marked.world.add_fault(side="giving", kind="malformed")
    marked.goes(1, "run", CUSTOMER)
    marked.world.clear_faults()
    marked.world.add_fault(side="vomo", kind="unauthorized")
    marked.goes(1, "run", CUSTOMER, "--json")
    marked.world.clear_faults()
    marked.goes(0, "customers", "resume", CUSTOMER, "--reason", "a new token")


def refuse(world: World, path: str, times: int) -> None:
    """Virtuous refuses so many requests, in words that repeat what was sent."""
    world.add_fault(
        side="virtuous", kind="status_before", status=422, quotes=True, method="POST", path=path, times=times
    )


def edit_somebody(world: World, number: int) -> None:
    user = world.vomo[TOKENS["vomo"]].users.get(number)
    assert user is not None
    world.edit_vomo_user(TOKENS["vomo"], number, phone=user["phone"] + "1", first_name=user["first_name"] + "A")


def spoil_somebody(world: World, number: int) -> None:
    """What no recipe expects: an address without a dot, hours that are no number, an amount in words."""
    world.edit_vomo_user(TOKENS["vomo"], number, email="zqxmarkbroken@zqxmarkhost", last_name="")
    served = next(one for one in world.vomo_participations(TOKENS["vomo"]) if one["hours"])
    world.edit_vomo_record(TOKENS["vomo"], "participations", served["id"], hours="Zqxmarkhours")
    donation = world.giving_donations(TOKENS["giving"])[0]
    world.edit_giving(TOKENS["giving"], "donations", donation["id"], amount="Zqxmarkamount", allocations="Zqxmarklist")


def correct_in_virtuous(world: World) -> None:
    """Staff write other values than ours."""
    for contact_id in list(world.contact_ids(TOKENS["virtuous"]).values())[:2]:
        world.edit_contact(TOKENS["virtuous"], contact_id, lastName="Zqxmarkstaff")


def everybody_changes(world: World) -> None:
    """The guard holds it."""
    for user in world.vomo_users(TOKENS["vomo"]):
        edit_somebody(world, user["id"])


def crashes(marked: Marked) -> None:
    """Defects of ours, planted where whole records and whole requests are at hand."""

    async def while_sending(self: VirtuousClient, request: Any, span_id: str | None = None) -> Any:
        del span_id
        raise RuntimeError(f"cannot send {request} with {self.__dict__}") from ValueError(str(request))

    edit_somebody(marked.world, 6)
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(RecordMapping, "apply", while_mapping)
        marked.goes(1, "run", CUSTOMER)
        marked.goes(1, "plan", CUSTOMER)
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(VirtuousClient, "ask", while_sending)
        marked.goes(1, "run", CUSTOMER)
    marked.goes(0, "customers", "resume", CUSTOMER, "--reason", "the defects are mended")


def while_mapping(self: RecordMapping, frame: Any) -> Any:
    del self
    raise ValueError(f"cannot map {frame.to_dicts()}")


def leave_something_in_doubt(marked: Marked) -> None:
    """A note whose change nobody answered: the request stays until somebody knows."""
    token, completion = TOKENS["vomo"], 2
    answers = [{"id": completion, "value": word("changed", completion)}]
    marked.world.edit_vomo_record(token, "completions", completion, field_responses=answers)
    marked.world.add_fault(side="virtuous", kind="cut_before", path=NOTES)
    assert marked.command("run", CUSTOMER) in WORK_IS_LEFT
    marked.world.clear_faults()


def polls(marked: Marked) -> None:
    """One that crashes, and one that finds somebody."""
    edit_somebody(marked.world, 8)
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(RecordMapping, "apply", while_mapping)
        with_dagster(marked, sweep, minutes=31)
    with_dagster(marked, sweep, minutes=62)


def sweep(nights: Nights) -> None:
    poll = dg.Definitions(jobs=[poll_sweep], resources={"workplace": nights.resource}).resolve_job_def(poll_sweep.name)
    poll.execute_in_process(instance=nights.instance, raise_on_error=False)


def refused_by_virtuous_and_slack(marked: Marked) -> None:
    """So that the second channel is the one that hears of the first."""
    for side in ("virtuous", "slack"):
        marked.world.add_fault(side=side, kind="unauthorized")
    marked.goes(1, "run", CUSTOMER)
    with_dagster(marked, tell)
    marked.world.clear_faults()
    marked.goes(0, "customers", "resume", CUSTOMER, "--reason", "a new token")


def tell(nights: Nights) -> None:
    with dg.build_sensor_context(instance=nights.instance, resources={"workplace": nights.resource}) as context:
        check_alerts(context)


def with_dagster(marked: Marked, act: Callable[[Nights], None], minutes: int = 0) -> None:
    """As the daemon does it, so many minutes from now."""
    clock = FakeClock(SystemClock().now() + timedelta(minutes=minutes))
    name = f"{len(list(marked.said.iterdir())):03d} {act.__name__}"
    with (
        (marked.said / name).open("wb") as file,
        output_into(file.fileno()),
        dg.DagsterInstance.from_config(str(marked.home / "dagster")) as instance,
    ):
        act(Nights(instance, clock))


def look(marked: Marked) -> None:
    """Every command that tells something, in words and in JSON."""
    for words in LOOKS:
        marked.command(*words)
        marked.command(*words, "--json")
    for letter in marked.document("dead-letters", "list", CUSTOMER)["dead_letters"]:
        marked.command("dead-letters", "show", CUSTOMER, str(letter["operation_id"]))
    for change_set in marked.document("change-sets", "list", CUSTOMER)["change_sets"]:
        marked.command("change-sets", "show", CUSTOMER, str(change_set["cut"]))
    contact = next(iter(marked.world.contact_ids(TOKENS["virtuous"]).values()))
    marked.command("explain", CUSTOMER, "--virtuous-id", str(contact))
    marked.command("report", "--fleet")
    marked.command("metrics", "--once")
