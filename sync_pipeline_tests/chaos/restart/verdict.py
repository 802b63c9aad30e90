"""Three books compared when the night is over: the sandbox's, our own and Dagster's."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from dagster._core.storage.tags import PARTITION_NAME_TAG

from sync_pipeline.domain.operation import State
from sync_pipeline.domain.run import RunStatus
from sync_pipeline_tests.chaos.restart.fleet import Fleet
from sync_pipeline_tests.chaos.restart.organizations import tokens
from sync_pipeline_tests.end_to_end.expectations import expected_contact, has_values

SETTLED = {State.ACCEPTED.value, State.CONFIRMED.value, State.SUPERSEDED.value}
ANSWER_SECONDS = 60


@dataclass
class Verdict:
    """What is wrong, by customer, in words: ids only. `repeats` counts rows that were resent, as doubt asks for."""

    missing: dict[str, list[str]] = field(default_factory=dict)
    twice: dict[str, list[str]] = field(default_factory=dict)
    left_in_flight: dict[str, list[str]] = field(default_factory=dict)
    repeats: int = 0

    @property
    def failed(self) -> dict[str, list[str]]:
        kinds = (self.missing, self.twice, self.left_in_flight)
        return {name: [words for kind in kinds for words in kind.get(name, [])] for kind in kinds for name in kind}


def judge(fleet: Fleet, url: str) -> Verdict:
    verdict, slices = Verdict(), fleet.slices()
    for name, statuses in fleet.nights().items():
        if RunStatus.DONE.value not in statuses:
            _tell(verdict.missing, name, f"its nights: {statuses}")
        if len(statuses) > 1:
            _tell(verdict.twice, name, f"its nights: {statuses}")
        left = fleet.workplace.state.ledger_counts(name).keys() - SETTLED
        if left:
            _tell(verdict.missing, name, f"has operations {', '.join(sorted(left))}")
        if fleet.workplace.state.leases.is_held(name):
            _tell(verdict.left_in_flight, name, "is held")
    for name in fleet.unfinished():
        _tell(verdict.left_in_flight, name, "has a run that is not over")
    for run in fleet.in_flight():
        _tell(verdict.left_in_flight, run.tags.get(PARTITION_NAME_TAG, "all"), f"Dagster run is {run.status.value}")
    with httpx.Client(base_url=f"{url}/sandbox", timeout=ANSWER_SECONDS) as sandbox:
        for name in fleet.names:
            _judge_records(verdict, sandbox, name, slices.get(name, 0))
    return verdict


def _judge_records(verdict: Verdict, sandbox: httpx.Client, name: str, slices: int) -> None:
    virtuous, vomo = ({"token": token} for token in tokens(name))
    sandbox.post("/import", params=virtuous).raise_for_status()
    books, contacts = _get(sandbox, "/books", virtuous), _get(sandbox, "/contacts", virtuous)
    people = {f"VOMO/{user['id']}": expected_contact(user) for user in _get(sandbox, "/vomo", vomo)}
    lacking = [one for one, expected in people.items() if not has_values(contacts.get(one), expected)]
    if lacking:
        _tell(verdict.missing, name, f"lacks {', '.join(lacking)}")
    if books["contacts"] > len(people):
        _tell(verdict.twice, name, f"has {books['contacts']} contacts of {len(people)} people")
    wanted = Counter(str(project["name"]).strip() for project in _get(sandbox, "/vomo/projects", vomo))
    found = Counter(str(one["name"]) for one in _get(sandbox, "/virtuous/opportunities", virtuous))
    if wanted - found:
        _tell(verdict.missing, name, f"lacks {(wanted - found).total()} opportunities")
    if found - wanted:
        _tell(verdict.twice, name, f"has {(found - wanted).total()} opportunities too many")
    refused = {answer for answer in books["answers"] if answer == "429"}
    told = {kind: books[kind] for kind in ("duplicates", "out_of_order") if books[kind]}
    # Nobody has a reason to send a row again when no process died.
    if books["repeats"] and slices <= 1:
        told["repeats"] = books["repeats"]
    if told or refused:
        _tell(verdict.twice, name, f"in its books: {told} {refused or ''}")
    verdict.repeats += books["repeats"]


def _get(sandbox: httpx.Client, path: str, asked: dict[str, str]) -> Any:
    return sandbox.get(path, params=asked).raise_for_status().json()


def _tell(found: dict[str, list[str]], name: str, words: str) -> None:
    found.setdefault(name, []).append(words)
