"""A fingerprint changes exactly when what would be sent changes."""

from hypothesis import given
from hypothesis import strategies as st

from sync_pipeline.domain.fingerprint import fingerprint

VALUES = st.dictionaries(st.text(max_size=4), st.none() | st.text(max_size=6), max_size=5)


def test_it_is_32_hex_characters_and_never_changes_between_versions() -> None:
    """It is stored: another encoding would send every record of every customer again."""
    found = fingerprint({"firstName": "Zoë", "email": "z@example.org"})
    assert found == "a4e458562bb6362f0fd5fdd3015c53a9"
    assert fingerprint({}) == fingerprint({"gender": None}) == "cae66941d9efbd404e4d88758ea67670"


def test_the_order_of_fields_does_not_matter() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})


def test_a_null_counts_as_absent_and_an_empty_text_does_not() -> None:
    assert fingerprint({"a": "1", "b": None}) == fingerprint({"a": "1"})
    assert fingerprint({"a": "1", "b": ""}) != fingerprint({"a": "1"})


def test_a_value_cannot_imitate_the_border_between_fields() -> None:
    assert fingerprint({"a": "11:b1:2"}) != fingerprint({"a": "1", "b": "2"})
    assert fingerprint({"ab": "c"}) != fingerprint({"a": "bc"})


def test_text_that_no_encoding_can_carry_still_has_a_fingerprint() -> None:
    assert fingerprint({"a": "\ud800"}) != fingerprint({"a": "\ud801"})


@given(VALUES, VALUES)
def test_equal_fingerprints_mean_equal_values(one: dict[str, str | None], other: dict[str, str | None]) -> None:
    def filled(values: dict[str, str | None]) -> dict[str, str | None]:
        return {name: value for name, value in values.items() if value is not None}

    assert (fingerprint(one) == fingerprint(other)) == (filled(one) == filled(other))
