"""The fleet: broken files cost their own customer only, and nothing in a file can raise."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_pipeline.adapters.configuration import InvalidCustomerError, load_customer, load_fleet
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline_tests.adapters.configuration.folder import CUSTOMER, FleetFolder

ALIAS_BOMB = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9 if n else ['x'] * 9)}]\n" for n in range(12))


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"# only a comment\n", 1, "empty"),
        (b"\n- a list\n", 2, "not a mapping"),
        (b"just text\n", 1, "not a mapping"),
        (b"id: broken\n\tname: x\n", 2, "tab"),
        (b"id: broken\nname: 'x\n", 3, "quote"),
        (b"id: broken\nname: [a, b\n", 3, "["),
        (b"id: broken\nname: a: b\n", 2, "colon"),
        (b"id: broken\n  name: a\n", 2, "indentation"),
        (b"id: broken\nname: @x\n", 2, "reserved"),
        (b"id: broken\nname: *x\n", 2, "*"),
        (b"---\nid: broken\n---\nid: other\n", 3, "several documents"),
        (b"%YAML 1.1\n---\nid: broken\n", 1, "version"),
        (b"id: broken\nname: \x01\n", 1, "control character"),
        (b"\xff\xfei\x00d\x00", 1, "UTF-8"),
        (b"[" * 1500, 1, "nested"),
        (ALIAS_BOMB.encode(), 1, "alias"),
        (b"id: &x [*x]\n", 1, "alias"),
        (b"#" * 1_000_001, 1, "larger"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem_and_the_others_go_on(
    folder: FleetFolder, content: bytes, line: int, words: str
) -> None:
    (folder.path / "broken.yaml").write_bytes(content)
    fleet = folder.load()
    assert list(fleet.customers) == ["riverside"]
    assert list(fleet.broken) == ["broken"]
    assert [(problem.line, problem.key) for problem in fleet.problems] == [(line, "")]
    assert words in f"{fleet.problems[0].message} {fleet.problems[0].remedy}"


def test_a_key_written_twice_is_refused(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "timezone: America/Chicago\n", "timezone: America/Chicago\nname: Other\n")
    problem = folder.only_problem()
    assert (problem.line, problem.key) == (4, "name")
    assert "line 2" in problem.message


def test_keys_that_are_not_text_and_tags_are_refused(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "name: Riverside Food Bank\n", "name: !secret Riverside\n5: x\n[a]: b\n")
    assert sorted(folder.found()) == [
        ("riverside.yaml", 2, "name"),
        ("riverside.yaml", 3, ""),
        ("riverside.yaml", 4, ""),
    ]


def test_a_link_to_nothing_a_loop_and_a_folder_are_problems(folder: FleetFolder) -> None:
    (folder.path / "gone.yaml").symlink_to("nowhere.yaml")
    (folder.path / "loop.yaml").symlink_to("loop.yaml")
    (folder.path / "folder.yaml").mkdir()
    fleet = folder.load()
    assert set(fleet.broken) == {"gone", "loop", "folder"}
    assert list(fleet.customers) == ["riverside"]


def test_hidden_files_and_other_files_are_not_customers(folder: FleetFolder) -> None:
    folder.write(".hidden.yaml", "x")
    folder.write("README.md", "x")
    folder.write("notes/other.yaml", "x")
    assert folder.load().problems == []


def test_a_connector_or_recipe_may_lie_beside_the_customers(folder: FleetFolder) -> None:
    (folder.path / "parts/people.yaml").rename(folder.path / "people.yaml")
    (folder.path / "parts/contacts.yaml").rename(folder.path / "contacts.yaml")
    folder.change("riverside.yaml", "parts/people.yaml", "people.yaml")
    folder.change("riverside.yaml", "parts/contacts.yaml", "contacts.yaml")
    fleet = folder.load()
    assert (list(fleet.customers), fleet.problems) == (["riverside"], [])


@pytest.mark.parametrize("other", ["riverside.yml", "Riverside.yaml"])
def test_an_id_used_twice_breaks_both_files(folder: FleetFolder, other: str) -> None:
    folder.write(other, CUSTOMER.replace("id: riverside", f"id: {other.split('.', maxsplit=1)[0]}"))
    fleet = folder.load()
    assert fleet.customers == {}
    assert sorted((problem.file.name, problem.key) for problem in fleet.problems) == sorted(
        [("riverside.yaml", "id"), (other, "id")]
    )
    with pytest.raises(InvalidCustomerError, match="same customer id"):
        load_customer(folder.path, "riverside")


def test_a_region_selects_its_customers_and_their_problems(folder: FleetFolder) -> None:
    folder.write("europe.yaml", CUSTOMER.replace("id: riverside", "id: europe\nregion: eu"))
    folder.write("broken.yaml", "id: broken\nregion: eu\n")
    folder.write("unreadable.yaml", "id: [")
    assert set(load_fleet(folder.path, "eu").customers) == {"europe"}
    assert set(load_fleet(folder.path, "eu").broken) == {"broken", "unreadable"}
    assert set(load_fleet(folder.path, "us").customers) == {"riverside"}
    assert set(load_fleet(folder.path, "us").broken) == {"unreadable"}


def test_a_missing_folder_is_an_error_and_not_an_empty_fleet(folder: FleetFolder) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_fleet(folder.path / "nowhere")


def test_every_change_of_a_file_or_of_a_part_is_seen_at_the_next_load(folder: FleetFolder) -> None:
    first = folder.load().customers["riverside"]
    assert folder.load().customers["riverside"] is first
    folder.change("riverside.yaml", "America/Chicago", "America/Phoenix")
    assert folder.load().customers["riverside"].timezone == "America/Phoenix"
    folder.change("parts/contacts.yaml", "'active'", "'ACTIVE'")
    assert folder.load().customers["riverside"].streams["people"].recipe.when == "status = 'ACTIVE'"
    (folder.path / "parts/people.yaml").unlink()
    assert list(folder.load().broken) == ["riverside"]
    (folder.path / "riverside.yaml").unlink()
    assert (folder.load().customers, folder.load().broken) == ({}, {})


def test_one_customer_is_loaded_by_id(folder: FleetFolder) -> None:
    assert load_customer(folder.path, "riverside").name == "Riverside Food Bank"


@pytest.mark.parametrize("customer_id", ["riversid", "../riverside", "parts/people", "", "RIVERSIDE"])
def test_an_unknown_id_is_refused(folder: FleetFolder, customer_id: str) -> None:
    with pytest.raises(ConfigurationError, match="There is no customer"):
        load_customer(folder.path, customer_id)


def test_loading_a_broken_customer_tells_all_its_problems(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "America/Chicago", "Mars/Base")
    folder.change("parts/contacts.yaml", "status = 'active'", "status")
    with pytest.raises(InvalidCustomerError) as caught:
        load_customer(folder.path, "riverside")
    assert [problem.key for problem in caught.value.problems] == ["when", "timezone"]
    assert "contacts.yaml:4 when" in caught.value.message
    assert "riverside.yaml:3 timezone" in caught.value.message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60) | st.text(alphabet="abk:-[]{}&*!|>'\"#%@`, \n\t?1.~", max_size=60).map(str.encode)
)
def test_no_content_of_a_file_raises(folder: FleetFolder, content: bytes) -> None:
    (folder.path / "any.yaml").write_bytes(content)
    assert "riverside" in folder.load().customers


LINES = CUSTOMER.splitlines()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.integers(0, len(LINES) - 1), value=st.sampled_from(["", "[]", "{}", "5", "x", "null", "true", "[[1]]"]))
def test_any_value_in_any_place_is_accepted_or_a_problem(folder: FleetFolder, line: int, value: str) -> None:
    """Whatever stands behind a key, the answer is a customer or problems with lines inside the file."""
    key = LINES[line].split(":")[0]
    folder.write("riverside.yaml", "\n".join([*LINES[:line], f"{key}: {value}", *LINES[line + 1 :]]))
    fleet = folder.load()
    assert ("riverside" in fleet.customers) != bool(fleet.problems)
    assert all(1 <= problem.line <= len(LINES) + 1 and problem.remedy for problem in fleet.problems)
