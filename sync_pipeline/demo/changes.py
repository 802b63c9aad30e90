"""What happens at the sources before the last night."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sync_pipeline.demo.sources import giving_token, vomo_token
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.world import World

CHANGED_SHARE = 0.01
SEED = 3
READ_WHOLE = "maple-street-library"
"""Whoever leaves is noticed by a read of everybody only; the fleet's file of this customer asks for one each night."""

OLDEST_DAYS = 40
"""Hours of older dates are not read again: the connector looks back 45 days."""


def change_the_sources(world: World, customers: Sequence[str]) -> None:
    """Something changes at every source of every customer; `customers` are ordered from small to large."""
    chosen = customers[max(0, len(customers) - 2)]
    for customer_id in customers:
        _change_people(world, customer_id, with_refused=customer_id == chosen)
        if giving_token(customer_id) in world.giving:
            world.change_giving(giving_token(customer_id), add=3, refund=1, seed=SEED)
        _change_hours(world, vomo_token(customer_id))
        _complete_a_form(world, vomo_token(customer_id))


def _change_people(world: World, customer_id: str, *, with_refused: bool) -> None:
    """Some people change, one comes; with them one whom Virtuous has to refuse. Where it is noticed, one leaves."""
    token, leaving = vomo_token(customer_id), int(customer_id == READ_WHOLE)
    added = 1 + with_refused
    touched = world.change_vomo(token, share=CHANGED_SHARE, seed=SEED, add=added, remove=leaving)
    if with_refused:
        world.edit_vomo_user(token, touched["added"][-1], last_name=None)


def _change_hours(world: World, token: str) -> None:
    """An administrator corrects an hour, and adds somebody to a date after it."""
    served = [shift for shift in recent_shifts(world, token) if shift["hours"]]
    for shift in served[:1]:
        world.edit_vomo_record(token, "participations", shift["id"], hours=shift["hours"] + 0.5)
    for date_id, user_id in list(_left_out(world, token, served))[:1]:
        world.add_vomo_record(token, "participations", project_date_id=date_id, user_id=user_id, hours=2.0)


def _left_out(world: World, token: str, served: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Dates, each with somebody who served at another date of the same project."""
    everybody = world.vomo_participations(token)
    for shift in served:
        there = {row["user_id"] for row in everybody if row["project_date_id"] == shift["project_date_id"]}
        for other in everybody:
            if other["project_id"] == shift["project_id"] and other["hours"] and other["user_id"] not in there:
                yield shift["project_date_id"], other["user_id"]


def _complete_a_form(world: World, token: str) -> None:
    completions = world.vomo_completions(token)
    for completion in completions[:1]:
        world.add_vomo_record(token, "completions", form_id=completion["form_id"], user_id=completion["user_id"])


def recent_shifts(world: World, token: str) -> Iterator[Row]:
    """Participations at past dates that every read looks at again."""
    dates = {date["id"]: datetime.fromisoformat(date["starts_at"]) for date in world.vomo_project_dates(token)}
    for row in world.vomo_participations(token):
        age = world.clock() - dates[row["project_date_id"]].timestamp()
        if 0 < age < OLDEST_DAYS * 86_400:
            yield row
