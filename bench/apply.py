"""Apply 10,000 changed contacts and 10,000 new gifts at 1,500 requests an hour, against a loop of single writes.

Both write into the same sandbox, each into an organization of its own. The hour is shortened by FASTER, and with it
whatever waits for it; answers take as long as they take. The loop sends one request per change, evenly spaced at 1,200
an hour, as published for this CRM; LOOPED changes are enough to see its pace. Ours is the stage `applied_ledger` alone:
the sources were read and compared before.

`limit_seconds` is what the quota itself allows for so many requests, `of_limit` the time as a multiple of it (or of the
latency of one request where the budget does not run out), `budget_used` the share of the budget that was spent while
work was left. The last case cannot batch, so that the quota is what it waits for.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import structlog
from customer_files import token, write_customer

from sync_pipeline.domain.errors import ParkedError
from sync_pipeline.domain.report import RunReport
from sync_pipeline.domain.run import RunStatus
from sync_pipeline.orchestration.launch import new_run
from sync_pipeline.sandbox.server import running_sandbox
from sync_pipeline.sandbox.world import World
from sync_pipeline.settings import load_settings
from sync_pipeline.stages.applied_ledger import apply_ledger
from sync_pipeline.stages.change_set import make_change_sets
from sync_pipeline.stages.source_snapshot import take_snapshots
from sync_pipeline.workplace import Workplace

FASTER = 60
WINDOW_SECONDS = 3600 // FASTER
REQUESTS, USE = 1500, 0.8
BUDGET = int(REQUESTS * USE)
CONTACTS = GIFTS = 10_000
SINGLES = 3_000
LOOPED = 2_000
OURS, SINGLE, LOOP = "ours", "single", "loop"
VOMO, GIVING, FEW = "vomo", "giving", "few"


@dataclass(frozen=True)
class Spent:
    """What one way of applying took."""

    seconds: float
    requests: int
    refused: int

    def case(self, name: str, changes: int) -> dict[str, Any]:
        limit = self.requests / BUDGET * WINDOW_SECONDS
        return {
            "bench": "apply",
            "case": name,
            "changes": changes,
            "requests": self.requests,
            "answers_429": self.refused,
            "seconds": round(self.seconds, 1),
            "hour_is_seconds": WINDOW_SECONDS,
            "limit_seconds": round(limit, 1),
            "of_limit": round(self.seconds / limit, 3),
            "budget_used": round(self.requests / (BUDGET * max(1.0, self.seconds / WINDOW_SECONDS)), 3),
        }


def loop_of_single_writes(world: World, url: str) -> Spent:
    """One request per change, in their order, never two at once, spaced evenly."""
    bodies = [
        *(("/api/Contact/Transaction", contact_body(user)) for user in world.vomo_users(VOMO)[: LOOPED // 2]),
        *(("/api/v2/Gift/Transaction", gift_body(one)) for one in world.giving_donations(GIVING)[: LOOPED // 2]),
    ]
    spacing, refused = WINDOW_SECONDS / BUDGET, 0
    started = last = time.perf_counter()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {LOOP}"}, timeout=30) as client:
        for path, body in bodies:
            time.sleep(max(0.0, last + spacing - time.perf_counter()))
            last = time.perf_counter()
            refused += client.post(path, json=body).status_code == HTTPStatus.TOO_MANY_REQUESTS
    return Spent(time.perf_counter() - started, len(bodies), refused)


def contact_body(user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "referenceSource": "LOOP",
        "referenceId": str(user["id"]),
        "contactType": "Household",
        "firstName": user["first_name"],
        "lastName": user["last_name"],
        "email": user["email"],
    }


def gift_body(donation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "transactionSource": "LOOP",
        "transactionId": str(donation["id"]),
        "giftDate": "2026-01-01",
        "amount": "10.00",
        "giftType": "Cash",
        "contact": {"referenceSource": "LOOP", "referenceId": str(donation.get("donor_id") or donation["id"])},
    }


def apply_everything(workplace: Workplace, customer_id: str) -> list[RunReport]:
    """Slice after slice, as `run --wait` does it."""
    reports = []
    while not reports or reports[-1].status == RunStatus.PARKED:
        if reports and reports[-1].resume_at is not None:
            time.sleep(max(0.0, (reports[-1].resume_at - workplace.clock.now()).total_seconds()))
        customer = workplace.customer(customer_id)
        run = new_run(workplace, customer, None)
        with workplace.stage(customer, run, run.run_id) as context:
            reports.append(asyncio.run(apply_ledger(context)))
    return reports


def read_and_compare(workplace: Workplace, customer_id: str) -> None:
    customer = workplace.customer(customer_id)
    run = new_run(workplace, customer, None)
    with workplace.stage(customer, run, run.run_id) as context:
        while True:
            try:
                asyncio.run(take_snapshots(context))
                break
            except ParkedError as parked:
                time.sleep(max(0.0, (parked.until - workplace.clock.now()).total_seconds()))
        make_change_sets(context)


def ours(workplace: Workplace, world: World, customer_id: str) -> tuple[Spent, int]:
    """One night: what was read and compared before is applied."""
    read_and_compare(workplace, customer_id)
    before = world.books(customer_id)
    started = time.perf_counter()
    reports = apply_everything(workplace, customer_id)
    seconds = time.perf_counter() - started
    if reports[-1].status != RunStatus.DONE:
        sys.exit(f"{customer_id} ended as {reports[-1].status}: {reports[-1].stage_failures}")
    after = world.books(customer_id)
    requests = sum(after["requests"].values()) - sum(before["requests"].values())
    refused = after["answers"].get("429", 0) - before["answers"].get("429", 0)
    return Spent(seconds, requests, refused), sum(report.successes + report.carried for report in reports)


@contextmanager
def opened(folder: Path, url: str) -> Iterator[Workplace]:
    customers = folder / "customers"
    customers.mkdir()
    vomo, giving = {"connector": "vomo", "reference_source": "VOMO"}, {"connector": "giving", "reference_source": "G"}
    for customer_id, batch, sources, streams in (
        (OURS, 100, {VOMO: vomo, GIVING: giving}, {"users": VOMO, "donations": GIVING}),
        (SINGLE, 1, {FEW: vomo}, {"users": FEW}),
    ):
        document = {
            "id": customer_id,
            "name": customer_id,
            "destination": {
                "base_url": url,
                "token": token(folder, customer_id),
                "batch": {"max": batch},
                "quota": {"requests": REQUESTS, "window_seconds": WINDOW_SECONDS, "use": USE},
            },
            "sources": {
                name: {**source, "base_url": f"{url}/{source['connector']}/v1", "token": token(folder, name)}
                for name, source in sources.items()
            },
            "streams": {
                name: {
                    "source": source,
                    "recipe": "vomo_users_to_contacts" if name == "users" else "giving_donations_to_gifts",
                }
                for name, source in streams.items()
            },
            "limits": {"guard": {"changes": 1.0}},
        }
        write_customer(customers, document)
    workplace = Workplace(load_settings({"SYNC_HOME": str(folder / "home"), "SYNC_CUSTOMERS": str(customers)}))
    try:
        yield workplace
    finally:
        workplace.close()


def main(arguments: Sequence[str]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    contacts, gifts, singles = (int(number) for number in arguments) if arguments else (CONTACTS, GIFTS, SINGLES)
    world = World()
    quota = {"requests": REQUESTS, "window_seconds": WINDOW_SECONDS}
    for name in (OURS, SINGLE, LOOP):
        world.add_organization(name, quota=quota)
    world.add_vomo_organization(VOMO, users=contacts)
    world.add_vomo_organization(FEW, users=singles)
    world.add_giving_organization(GIVING, donations=gifts // 10)  # whoever gives has given before
    with TemporaryDirectory() as name, running_sandbox(world) as url, opened(Path(name), url) as workplace:
        ours(workplace, world, OURS)  # the first night: everybody is new
        world.run_import(OURS)
        world.change_vomo(VOMO, share=1.0)
        world.change_giving(GIVING, add=gifts)
        batched, batched_changes = ours(workplace, world, OURS)
        print(json.dumps(batched.case("ours", batched_changes)), flush=True)
        single, changes = ours(workplace, world, SINGLE)
        print(json.dumps(single.case("ours, one by one", changes)), flush=True)
        loop = loop_of_single_writes(world, url)
        ratio = round(batched.seconds / batched_changes / (loop.seconds / loop.requests), 4)
        print(json.dumps({**loop.case("loop of single writes", loop.requests), "ours_per_change_to_this": ratio}))


if __name__ == "__main__":
    main(sys.argv[1:])
