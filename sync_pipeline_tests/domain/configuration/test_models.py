"""The configuration models: short forms, defaults and values that are read back as written."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sync_pipeline.domain.configuration import Connector, Customer, Recipe
from sync_pipeline.domain.configuration.base import Duration, did_you_mean, format_duration, parse_duration
from sync_pipeline.domain.configuration.customer import Schedule
from sync_pipeline.domain.cut import Strategy

CONNECTOR = Connector.model_validate(
    {
        "connector": "c",
        "base_url": "https://people.example.org/api/",
        "defaults": {"records": "data", "total": "meta.total", "parameters": {"per_page": 50, "all": True}},
        "streams": {
            "people": {"path": "people", "key": ["id"], "modified": {"field": "m", "parameter": "since"}},
            "shifts": {"path": "/shifts", "key": [["a", "b"], ["c"]], "records": "", "parameters": {"per_page": 9}},
        },
    }
)
RECIPE = Recipe.model_validate({"recipe": "r", "writes": "contact", "reference": "id", "fields": {"email": "email"}})
CUSTOMER = Customer.model_validate(
    {
        "id": "riverside",
        "name": "Riverside",
        "destination": {"token": "env:A"},
        "sources": {"s": {"connector": CONNECTOR, "reference_source": "S"}},
        "streams": {
            "people": {"source": "s", "recipe": RECIPE},
            "turns": {"source": "s", "recipe": RECIPE, "stream": "shifts", "deleted_tag": "gone"},
        },
    }
)


def test_a_stream_takes_what_it_does_not_say_from_the_connectors_defaults() -> None:
    people, shifts = CONNECTOR.stream("people"), CONNECTOR.stream("shifts")
    assert (people.records, people.total, people.parameters) == ("data", "meta.total", {"per_page": 50, "all": True})
    assert (shifts.records, shifts.total, shifts.parameters) == ("", "meta.total", {"per_page": 9, "all": True})
    assert people.pagination is not None
    assert people.pagination.kind == "none"


def test_a_key_is_a_list_of_columns_or_a_list_of_fallbacks() -> None:
    assert CONNECTOR.stream("people").key == (("id",),)
    assert CONNECTOR.stream("shifts").key == (("a", "b"), ("c",))


@pytest.mark.parametrize("key", ["id", [], [[]], [""], [["a"], "b"], [1], {}, None])
def test_any_other_key_is_refused(key: object) -> None:
    with pytest.raises(ValidationError, match="at least one column"):
        Connector.model_validate(
            {"connector": "c", "base_url": "http://x", "streams": {"p": {"path": "/", "key": key}}}
        )


def test_a_path_lies_below_the_base_address() -> None:
    assert CONNECTOR.stream("people").path == "/people"
    assert CUSTOMER.sources["s"].address == "https://people.example.org/api"


def test_the_strategy_defaults_to_the_cheapest_the_connector_allows() -> None:
    assert CUSTOMER.strategy("people") is Strategy.MODIFIED_SINCE
    assert CUSTOMER.strategy("turns") is Strategy.FULL_SNAPSHOT


def test_the_deleted_tag_defaults_to_the_reference_source() -> None:
    assert CUSTOMER.deleted_tag("people") == "S: removed"
    assert CUSTOMER.deleted_tag("turns") == "gone"


def test_defaults_are_those_of_the_documented_contract() -> None:
    assert str(CUSTOMER.destination.base_url) == "https://api.virtuoussoftware.com/"
    assert (CUSTOMER.destination.quota.requests, CUSTOMER.destination.quota.window_seconds) == (1500, 3600)
    assert (CUSTOMER.destination.quota.use, CUSTOMER.destination.settle_seconds) == (0.8, 120)
    assert CUSTOMER.schedule.window == (time(22), time(5))
    assert (CUSTOMER.limits.slice_seconds, CUSTOMER.limits.run_seconds) == (600, 84600)
    assert (CUSTOMER.limits.guard.deletes, CUSTOMER.limits.guard.changes) == (0.05, 0.5)


@pytest.mark.parametrize("text", ["5", "m", "5 m", "-5m", "5.5m", "5w", "", "\u0665m", "999999999d"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="not a duration"):
        TypeAdapter(Duration).validate_python(text)


@given(st.integers(0, 10_000_000))
def test_a_duration_is_written_as_it_is_read(seconds: int) -> None:
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


def test_times_of_day_are_written_as_they_are_read() -> None:
    written = Schedule.model_validate({"nightly": "23:05", "window": ["22:00", "05:30"]}).model_dump(mode="json")
    assert (written["nightly"], written["window"]) == ("23:05", ["22:00", "05:30"])


@pytest.mark.parametrize("value", [22, 22.5, "24:00", "2:00", "22:00:00", "auto ", None, True])
def test_what_is_not_a_time_of_day_is_refused(value: object) -> None:
    """A bare 22 would otherwise be 22 seconds past midnight."""
    with pytest.raises(ValidationError, match="not a time of day"):
        Schedule.model_validate({"nightly": value})


def test_the_nearest_name_is_suggested_and_a_distant_one_is_not() -> None:
    assert did_you_mean("Timezon", ["timezone", "region"]) == "Did you mean timezone? "
    assert did_you_mean("xyz", ["timezone", "region"]) == ""
