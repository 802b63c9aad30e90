"""`customers list`, `show` and `validate`, for people and for scripts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder
from sync_pipeline_tests.cli.conftest import Printed

Command = Callable[..., Printed]
REPOSITORY = Path(__file__).parents[2]


def test_list_names_every_customer_and_whether_it_is_valid(folder: FleetFolder, command: Command) -> None:
    folder.write("broken.yaml", "id: broken\n")
    printed = command("customers", "list", "--json")
    assert printed.code == 0
    broken, riverside = printed.document["customers"]
    assert (broken["id"], broken["valid"]) == ("broken", False)
    assert riverside == {
        "id": "riverside",
        "name": "Riverside Food Bank",
        "region": "us",
        "timezone": "America/Chicago",
        "lane": "standard",
        "ring": "general",
        "sources": ["people"],
        "streams": ["people"],
        "valid": True,
    }
    assert {problem["file"] for problem in printed.document["problems"]} == {"customers/broken.yaml"}


def test_list_shows_a_table_and_names_broken_files_on_standard_error(folder: FleetFolder, command: Command) -> None:
    folder.write("broken.yaml", "- x\n")
    printed = command("customers", "list")
    assert printed.code == 0
    assert "Riverside Food Bank" in printed.out
    assert "customers/broken.yaml:1" in printed.err


def test_list_and_show_do_not_need_the_secrets(
    folder: FleetFolder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIVERSIDE_VIRTUOUS_TOKEN")
    (folder.path / "secrets/people.token").unlink()
    assert command("customers", "list", "--json").document["customers"][0]["valid"] is True
    assert command("customers", "show", "riverside", "--json").code == 0


def test_list_keeps_to_the_region(folder: FleetFolder, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_REGION", "eu")
    assert command("customers", "list", "--json").document == {"customers": [], "problems": []}
    assert folder.load().customers


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [("show",), ("validate",), ("pause", "--reason", "x"), ("resume", "--reason", "x")])
def test_a_customer_of_another_region_is_refused_by_name(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SYNC_REGION", "eu")
    printed = command("customers", words[0], "riverside", *words[1:], "--json")
    assert printed.code == 2
    assert "belongs to the region us" in printed.document["error"]["message"]
    assert "SYNC_REGION" in printed.document["error"]["remedy"]


def test_what_is_wrong_with_another_regions_customer_is_not_told(
    folder: FleetFolder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_REGION", "us")
    folder.write("broken.yaml", "id: broken\nregion: eu\n")
    printed = command("customers", "validate", "--json")
    assert (printed.code, printed.document["customers"], printed.document["problems"]) == (0, 1, [])


@pytest.mark.usefixtures("folder")
def test_show_fills_in_defaults_and_names_secrets_without_their_value(command: Command) -> None:
    printed = command("customers", "show", "riverside", "--json")
    shown = printed.document
    assert printed.code == 0
    assert shown["destination"]["token"] == "env:RIVERSIDE_VIRTUOUS_TOKEN"
    assert shown["destination"]["quota"]["requests"] == 1500
    assert shown["sources"]["people"]["connector"] == "people-api"
    assert shown["streams"]["people"]["read"] == {
        "strategy": "modified_since",
        "concurrency": 4,
        "overlap": "5m",
        "tries": 10,
    }
    assert shown["streams"]["people"]["fields"]["email"] == "lower(trim(email))"
    assert shown["schedule"]["window"] == ["22:00", "05:00"]
    assert "sk-" not in printed.out


@pytest.mark.usefixtures("folder")
def test_show_prints_a_table(command: Command) -> None:
    printed = command("customers", "show", "riverside")
    assert printed.code == 0
    assert "destination.quota.requests" in printed.out
    assert "sk-" not in printed.out


@pytest.mark.usefixtures("folder")
def test_show_of_an_unknown_customer_is_an_error_with_a_remedy(command: Command) -> None:
    printed = command("customers", "show", "riversid", "--json")
    assert printed.code == 2
    assert printed.document["error"]["code"] == "configuration"
    assert "riverside" in printed.document["error"]["remedy"]


def test_show_of_a_broken_customer_tells_its_problems(folder: FleetFolder, command: Command) -> None:
    folder.change("riverside.yaml", "America/Chicago", "America/Chicgo")
    printed = command("customers", "show", "riverside", "--json")
    assert printed.code == 2
    assert "riverside.yaml:3 timezone" in printed.document["error"]["message"]


@pytest.mark.usefixtures("folder")
def test_validate_of_a_right_fleet_is_valid(command: Command) -> None:
    printed = command("customers", "validate", "--json")
    assert (printed.code, printed.document) == (0, {"valid": True, "customers": 1, "problems": []})
    assert "1 customer checked, 0 problems" in command("customers", "validate").out


def test_validate_lists_all_problems_and_missing_secrets(
    folder: FleetFolder, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RIVERSIDE_VIRTUOUS_TOKEN")
    folder.change("riverside.yaml", "America/Chicago", "America/Chicgo")
    folder.change("parts/contacts.yaml", "status = 'active'", "status")
    printed = command("customers", "validate", "--json")
    assert printed.code == 2
    assert printed.document["valid"] is False
    places = [(problem["file"], problem["line"], problem["key"]) for problem in printed.document["problems"]]
    assert places == [
        ("customers/parts/contacts.yaml", 4, "when"),
        ("customers/riverside.yaml", 3, "timezone"),
        ("customers/riverside.yaml", 6, "destination.token"),
    ]
    assert all(set(problem) == {"file", "line", "key", "message", "remedy"} for problem in printed.document["problems"])


def test_validate_prints_each_problem_with_its_remedy(folder: FleetFolder, command: Command) -> None:
    folder.change("riverside.yaml", "America/Chicago", "America/Chicgo")
    printed = command("customers", "validate")
    assert printed.code == 2
    assert (
        "customers/riverside.yaml:3 timezone: not an IANA time zone\n  -> Did you mean America/Chicago?" in printed.out
    )


def test_validate_of_one_customer_looks_at_no_other(folder: FleetFolder, command: Command) -> None:
    folder.write("broken.yaml", "id: broken\n")
    assert command("customers", "validate", "riverside", "--json").document["valid"] is True
    assert command("customers", "validate", "broken", "--json").code == 2
    unknown = command("customers", "validate", "nobody", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "configuration")


@pytest.mark.parametrize("words", [("list",), ("validate",), ("show", "riverside"), ("validate", "riverside")])
def test_a_missing_folder_is_one_error_document(
    folder: FleetFolder, command: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SYNC_CUSTOMERS", str(folder.path / "nowhere"))
    printed = command("customers", *words, "--json")
    assert printed.code == 2
    assert "SYNC_CUSTOMERS" in printed.document["error"]["remedy"]


def test_the_demonstration_fleet_is_valid(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_CUSTOMERS", str(REPOSITORY / "customers"))
    monkeypatch.delenv("SYNC_REGION", raising=False)
    assert command("customers", "validate", "--json").document == {"valid": True, "customers": 3, "problems": []}
    listed = command("customers", "list", "--json").document["customers"]
    assert [customer["id"] for customer in listed] == ["harbor-shelter", "maple-street-library", "riverside-food-bank"]
