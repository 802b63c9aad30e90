"""Documents whose types the sources disagree about are read the same way whichever source is right."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_pipeline.domain.crm.reading import flag, listing, moment, record_id, same_moment, whole_number


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), ("007", 7), (0, 0), (True, None), (7.0, None), ("7.0", None), ("\u0667", None), ("", None)],
)
def test_numbers_may_be_text(value: Any, number: int | None) -> None:
    assert whole_number(value) == number


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"id": 7}, 7),
        ({"id": "7"}, 7),
        ({"id": 0}, None),
        ({"id": None}, None),
        ({}, None),
        (None, None),
        ("7", None),
        ([{"id": 7}], None),
    ],
)
def test_a_held_transaction_has_no_id_or_nought(document: Any, found: int | None) -> None:
    assert record_id(document) == found


@pytest.mark.parametrize(
    ("document", "rows", "total"),
    [
        ([{"id": 1}, {"id": 2}], 2, None),
        ({"list": [{"id": 1}], "total": 5}, 1, 5),
        ({"list": [{"id": 1}], "total": "5"}, 1, 5),
        ({"list": [{"id": 1}]}, 1, None),
        ({"list": [], "total": 0}, 0, 0),
        ([{"id": 1}, None, "row", 7], 1, None),
    ],
)
def test_a_list_is_bare_or_wrapped(document: Any, rows: int, total: int | None) -> None:
    page = listing(document)
    assert page is not None
    assert (len(page.rows), page.total) == (rows, total)


@pytest.mark.parametrize("document", [None, "text", 7, {}, {"list": None}, {"list": {"id": 1}}, {"total": 5}])
def test_what_is_no_list_is_not_taken_for_an_empty_one(document: Any) -> None:
    """An empty list would prove that something is not there."""
    assert listing(document) is None


@pytest.mark.parametrize(
    ("document", "skip", "is_last"),
    [
        ({"list": [{}, {}], "total": 5}, 0, False),
        ({"list": [{}, {}], "total": 5}, 2, False),
        ({"list": [{}], "total": 5}, 4, True),
        ({"list": [], "total": 5}, 4, True),
        ([{}, {}], 0, False),
        ([{}], 0, True),
        ([], 2, True),
    ],
)
def test_the_last_page_is_known_with_and_without_a_total(document: Any, skip: int, is_last: bool) -> None:
    page = listing(document)
    assert page is not None
    assert page.reaches(skip, 2) is is_last


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *((word, True) for word in (True, "true", " True ", 1, "1", "yes")),
        *((word, False) for word in (False, "FALSE", 0, "0", "no")),
        *((word, None) for word in (None, "", "perhaps", 2)),
    ],
)
def test_a_flag_may_be_a_word(value: Any, said: bool | None) -> None:
    assert flag(value) is said


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T10:00:00.1234567Z",
        "2026-03-04T10:00:00.12Z",
        "2026-03-04T10:00:00.12",
        "2026-03-04T10:00:00",
        " 2026-03-04T10:00:00+00:00 ",
        "2026-03-04T04:00:00.1234567-06:00",
    ],
)
def test_times_have_any_number_of_digits_and_are_utc_unless_they_say_otherwise(text: str) -> None:
    read = moment(text)
    assert read is not None
    assert read.replace(microsecond=0) == datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 7, "", "3/4/2026", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+05:00"])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-03-04T10:00:00Z", "2026-03-04T10:00:00.9999999Z", True),
        ("2026-03-04T10:00:00Z", "2026-03-04T04:00:00-06:00", True),
        ("2026-03-04T10:00:00Z", "2026-03-04T10:00:01Z", False),
        ("2026-03-04T10:00:00Z", None, False),
        (None, None, False),
    ],
)
def test_an_api_may_drop_fractions_of_a_second(one: str | None, other: str | None, same: bool) -> None:
    assert same_moment(one, other) is same
    assert same_moment(other, one) is same


def test_how_far_two_times_may_be_apart_can_be_said() -> None:
    times = ("2026-03-04T10:00:00Z", "2026-03-04T10:00:59Z")
    assert same_moment(*times, timedelta(minutes=1))
