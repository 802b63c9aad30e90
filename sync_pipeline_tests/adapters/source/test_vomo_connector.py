"""The shipped VOMO connector against the sandbox's VOMO, with every oddity that the documentation shows."""

import asyncio
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sync_pipeline.adapters.configuration.component import SHIPPED, read_connector
from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.configuration import Connector, CustomerSource
from sync_pipeline.domain.cut import Page, ReadPlan
from sync_pipeline.domain.stream_sample import StreamSample
from sync_pipeline.sandbox.app import create_app
from sync_pipeline.sandbox.world import World
from sync_pipeline_tests.clock import START, FakeClock

TOKEN = "made-up-token"
SIZES = {
    "projects": 17,
    "dates_per_project": 3,
    "participations_per_date": 3,
    "forms": 3,
    "completions": 40,
    "groups": 4,
    "campaigns": 2,
    "certificates": 2,
}


@pytest.fixture(scope="module")
def connector() -> Connector:
    path = SHIPPED / "connectors" / "vomo.yaml"
    model = read_connector(path, path.read_text(encoding="utf-8")).model
    assert model is not None
    return model


@pytest.fixture(params=[True, False], ids=["with participation ids", "without"])
def world(request: pytest.FixtureRequest) -> World:
    made = World(clock=START.timestamp)
    made.add_vomo_organization(TOKEN, users=40, seed=5, oddities=True, participation_ids=request.param, **SIZES)
    return made


def source(world: World, connector: Connector) -> HttpSource:
    config = CustomerSource.model_validate(
        {"connector": connector, "base_url": "http://vomo.test/vomo/v1", "reference_source": "VOMO"}
    )
    streams = {name: connector.stream(name) for name in connector.streams}
    transport = httpx.ASGITransport(create_app(world))
    return HttpSource(config, streams, TOKEN, FakeClock(), transport=transport)


def read(world: World, connector: Connector, stream: str, **plan: Any) -> list[Page]:
    strategy = connector.stream(stream).cheapest_strategy
    asked = ReadPlan(stream, strategy, since=None, concurrency=4, tries=2, **plan)

    async def session() -> list[Page]:
        async with source(world, connector) as opened, aclosing(opened.pages(asked)) as pages:
            return [page async for page in pages]

    return asyncio.run(session())


def sampled(world: World, connector: Connector, stream: str) -> StreamSample:
    async def session() -> StreamSample:
        async with source(world, connector) as opened:
            return await opened.sample(stream, 1)

    return asyncio.run(session())


def column(pages: list[Page], name: str) -> list[str | None]:
    return [row.get(name) for page in pages for row in page.rows]


def test_every_stream_can_be_read(world: World, connector: Connector) -> None:
    counts = {name: len(column(read(world, connector, name), "_key")) for name in connector.streams}
    assert {name for name, count in counts.items() if count == 0} == set()
    assert (counts["users"], counts["projects"], counts["project_dates"]) == (40, 17, 51)
    assert (counts["forms"], counts["completions"], counts["groups"]) == (3, 40, 4)


def test_every_stream_can_be_sampled(world: World, connector: Connector) -> None:
    for name in connector.streams:
        found = sampled(world, connector, name)
        assert found.records > 0
        assert "none" not in found.keys


def test_participations_are_the_same_below_dates_and_below_people(world: World, connector: Connector) -> None:
    by_date = read(world, connector, "participations", unlimited_lookback=True)
    by_user = read(world, connector, "user_participations")
    latest = START + timedelta(days=2)
    soon = {
        str(date["id"])
        for date in world.vomo_project_dates(TOKEN)
        if datetime.fromisoformat(date["starts_at"]) <= latest
    }
    true = [one for one in world.vomo_participations(TOKEN) if str(one["project_date_id"]) in soon]
    assert len(set(column(by_date, "_key"))) == len(column(by_date, "_key")) == len(true)
    assert len(set(column(by_user, "_key"))) == len(world.vomo_participations(TOKEN))
    assert set(column(by_date, "parent.id")) <= soon
    assert all(column(by_date, "parent.parent.name"))


def test_a_nightly_walk_visits_only_dates_whose_hours_may_still_change(world: World, connector: Connector) -> None:
    pages = read(world, connector, "participations")
    first, last = START - timedelta(days=45), START + timedelta(days=2)
    times = [datetime.fromisoformat(text) for text in column(pages, "parent.starts_at") if text]
    assert times
    assert all(first <= time <= last for time in times)
    walked = {page.proven_parent for page in pages}
    wanted = [
        date for date in world.vomo_project_dates(TOKEN) if first <= datetime.fromisoformat(date["starts_at"]) <= last
    ]
    assert len(walked) == len(wanted)


def test_a_member_of_two_groups_is_two_records(world: World, connector: Connector) -> None:
    pages = read(world, connector, "group_members")
    keys = column(pages, "_key")
    assert len(set(keys)) == len(keys)
    assert all(str(key).startswith(f"{group}|") for key, group in zip(keys, column(pages, "parent.id"), strict=True))
