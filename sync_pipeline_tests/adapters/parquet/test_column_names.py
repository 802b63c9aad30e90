from hypothesis import example, given
from hypothesis import strategies as st

from sync_pipeline.adapters.parquet.column_names import logical, physical


def test_names_without_upper_case_stay_readable() -> None:
    assert [physical(name) for name in ("email", "organization.id", "birth_date", "名前")] == [
        "email",
        "organization.id",
        "birth_date",
        "名前",
    ]


def test_upper_case_letters_are_told_by_their_positions() -> None:
    assert (physical("ID"), physical("firstName")) == ("ID~3", "firstName~20")


@given(st.text())
@example("")
@example("~")
@example("a~1")
@example("a\x00B")
@example("İ")
@example("\ud800")
def test_every_name_comes_back(name: str) -> None:
    assert logical(physical(name)) == name
    assert physical(name).isprintable()


@given(st.text(alphabet="aAbÉé~1\\\x00", max_size=4), st.text(alphabet="aAbÉé~1\\\x00", max_size=4))
def test_different_names_differ_even_where_case_does_not_count(one: str, other: str) -> None:
    assert (physical(one).lower() == physical(other).lower()) == (one == other)
