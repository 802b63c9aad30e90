from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sync_pipeline.adapters.parquet.cut_writer import ROWS_PER_PART
from sync_pipeline.domain.cut import StreamName
from sync_pipeline.domain.time_format import moment_of
from sync_pipeline.ports import SnapshotStore
from sync_pipeline_tests.adapters.parquet.helpers import KEY, contents, read


def test_the_last_row_of_a_key_counts_within_a_page_and_across_parts(store: SnapshotStore, name: StreamName) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": "1", "email": "first"}, {"_key": "1", "email": "second"}])
    writer.write([{"_key": f"other {number}", "email": "x"} for number in range(2 * ROWS_PER_PART)])
    writer.write([{"_key": "1", "email": "third"}, {"_key": "other 7", "email": "y"}])
    sealed = writer.seal(None)
    store.replace_snapshot(name, 1)
    assert sealed.rows == store.count(name, 1) == 2 * ROWS_PER_PART + 1
    assert contents(store, name, 1, ["1", "other 6", "other 7"]) == {
        "1": {"email": "third"},
        "other 6": {"email": "x"},
        "other 7": {"email": "y"},
    }


def test_a_second_pass_over_the_same_records_replaces_the_first(store: SnapshotStore, name: StreamName) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": str(number), "email": "early"} for number in range(3)])
    assert writer.distinct_keys() == 3
    writer.write([{"_key": str(number), "email": "late"} for number in range(4)])
    assert writer.distinct_keys() == 4
    assert writer.seal(None).rows == 4
    store.replace_snapshot(name, 1)
    assert {row["email"] for row in contents(store, name, 1, "0123").values()} == {"late"}


def test_pages_may_carry_different_columns(store: SnapshotStore, name: StreamName) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": "1", "email": "a", "phone": None}])
    assert writer.distinct_keys() == 1  # ends the part, so that the next page goes to another one
    writer.write([{"_key": "2", "city": "b"}])
    assert writer.seal(None).columns == ("email", "phone", "city")
    store.replace_snapshot(name, 1)
    assert contents(store, name, 1, "12") == {
        "1": {"email": "a", "phone": None, "city": None},
        "2": {"email": None, "phone": None, "city": "b"},
    }


@pytest.mark.parametrize("pages", [[], [[]]], ids=["no pages", "a page without rows"])
def test_an_empty_read_seals(store: SnapshotStore, name: StreamName, pages: list[list[dict[str, str]]]) -> None:
    writer = store.open_cut(name, 1, KEY)
    for page in pages:
        writer.write(page)
    sealed = writer.seal("updated_at")
    assert (sealed.rows, sealed.newest_modified, sealed.columns) == (0, None, ())
    store.replace_snapshot(name, 1)
    assert (store.count(name, 1), store.columns(name, 1)) == (0, ())


@pytest.mark.parametrize(
    ("values", "newest"),
    [
        (["2024-05-01T10:00:00+02:00", "2024-05-01T08:30:00Z"], datetime(2024, 5, 1, 8, 30, tzinfo=UTC)),
        (["2024-05-01T10:00:00.123456Z", "2024-05-01T10:00:00.1Z"], datetime(2024, 5, 1, 10, 0, 0, 123456, UTC)),
        (["2024-05-01 10:00:00", "2024-05-01T09:00:00Z"], datetime(2024, 5, 1, 10, tzinfo=UTC)),
        (["2024-05-01T10:00:00-0500", "2024-05-01T10:00:00-05"], datetime(2024, 5, 1, 15, tzinfo=UTC)),
        (["1969-12-31T23:59:59Z"], datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (
            ["2024-05-01", None, "", "soon", "infinity", "epoch", "2024-13-01T00:00:00Z"],
            datetime(2024, 5, 1, tzinfo=UTC),
        ),
        (["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2024-05-01"], datetime(2024, 5, 1, tzinfo=UTC)),
        (["yesterday", "20240501", None], None),
    ],
)
def test_the_newest_modified_time_is_utc_and_ignores_what_is_no_time(
    store: SnapshotStore, name: StreamName, values: list[str | None], newest: datetime | None
) -> None:
    sealed = read(store, name, 1, {str(at): {"Updated": value} for at, value in enumerate(values)}, "Updated")
    assert sealed.newest_modified == newest
    assert newest is None or (sealed.newest_modified and sealed.newest_modified.tzinfo == UTC)


@pytest.mark.parametrize(
    ("time_format", "values"),
    [
        ("epoch", ["1795651507", "1795651506.5", "999999999999999", "12:30", "-1", None]),
        ("epoch", ["2026-11-26 00:05:07", "1795651506"]),
        ("epoch_ms", ["1795651507123", "1795651506123", ""]),
        ("iso_z", ["2026-11-26T00:05:07Z", "2026-11-26T00:05:06.5Z"]),
        ("%Y-%m-%d %H:%M:%S", ["2026-11-26 00:05:07", "infinity", "soon", "2026-02-30 00:00:00"]),
        ("%d/%m/%Y %H:%M:%S", ["26/11/2026 00:05:07", "01/12/2025 00:00:00", "11/26/2026 00:00:00"]),
        ("%a, %d %b %Y %H:%M:%S %z", ["Thu, 26 Nov 2026 02:05:07 +0200", "Wed, 25 Nov 2026 23:59:59 -0000"]),
        ("%Y%m%d%H%M", ["202611260005", "2026-11-26T00:04:00Z"]),
        ("%Y-%jT%H:%M:%S.%f", ["2026-330T00:05:07.123456", "2026-330T00:05:07.12"]),
        ("%d/%m/%Y", ["soon", None, "infinity"]),
    ],
)
def test_the_newest_modified_time_is_read_as_the_connector_spells_times(
    store: SnapshotStore, name: StreamName, time_format: str, values: list[str | None]
) -> None:
    rows = {str(at): {"Updated": value} for at, value in enumerate(values)}
    moments = [moment for value in values if (moment := moment_of(value, time_format))]
    assert read(store, name, 1, rows, "Updated", time_format).newest_modified == max(moments, default=None)
    assert moments == [] or max(moments).date() == date(2026, 11, 26)


def test_a_read_without_the_modified_column_has_no_newest_time(store: SnapshotStore, name: StreamName) -> None:
    assert read(store, name, 1, {"1": {"email": "a"}}, "updated_at").newest_modified is None


def test_names_that_differ_only_in_case_are_different_columns(store: SnapshotStore, name: StreamName) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": "1", "ID": "upper"}])
    assert writer.distinct_keys() == 1
    writer.write([{"_key": "2", "id": "lower", "Id": "mixed"}])
    assert writer.seal(None).columns == ("ID", "id", "Id")
    store.replace_snapshot(name, 1)
    assert contents(store, name, 1, "12") == {
        "1": {"ID": "upper", "id": None, "Id": None},
        "2": {"ID": None, "id": "lower", "Id": "mixed"},
    }


def test_any_column_name_and_any_text_survives(store: SnapshotStore, name: StreamName) -> None:
    row = {
        column: f"value of {column}; drop table part; -- 'quoted' \"twice\" \x00 \n 🦆"
        for column in (
            "order",
            'a"b',
            "a.b",
            "🦆",
            "select * from x",
            "'",
            "",
            "~part",
            "filename",
            "rowid",
            "É",
            "é",
            "\x00",
        )
    }
    keys = ["o'brien", 'a"b', "ключ", "🦆", "", " ", "%_", "a\\|b"]
    assert read(store, name, 1, dict.fromkeys(keys, row)).rows == len(keys)
    store.replace_snapshot(name, 1)
    assert contents(store, name, 1, keys) == dict.fromkeys(keys, row)


def test_a_discarded_cut_leaves_nothing(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": str(number)} for number in range(ROWS_PER_PART)])
    writer.discard()
    assert list((folder / "deltas").iterdir()) == []


def test_discarding_after_sealing_keeps_the_cut(store: SnapshotStore, name: StreamName, folder: Path) -> None:
    writer = store.open_cut(name, 1, KEY)
    writer.write([{"_key": "1"}])
    writer.seal(None)
    writer.discard()
    assert [path.name for path in (folder / "deltas").iterdir()] == ["1.parquet"]


def test_a_record_without_a_key_is_refused(store: SnapshotStore, name: StreamName) -> None:
    with pytest.raises(ValueError, match="without a key"):
        store.open_cut(name, 1, KEY).write([{"_key": None, "email": "a"}])
