"""What this version cannot do yet is refused where a stream uses it, and nowhere else."""

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder

NOT_YET = "not supported by this version yet"
PAGED = "  plain:\n    path: /plain\n"


@pytest.mark.parametrize(
    "pagination",
    [
        "{kind: page_number, parameter: page, last: meta.last_page}",
        "{kind: offset, parameter: offset, size_parameter: limit, size: 100}",
        "{kind: since_until, since: from, until: to, window: 7d}",
    ],
)
def test_an_unreadable_pagination_is_refused_only_when_used(folder: FleetFolder, pagination: str) -> None:
    folder.change("parts/people.yaml", PAGED, f"{PAGED}    pagination: {pagination}\n")
    assert folder.load().problems == []
    folder.change("riverside.yaml", "    source: people\n", "    source: people\n    stream: plain\n")
    assert NOT_YET in folder.only_problem().message


def test_a_stream_below_a_parent_is_refused_only_when_used(folder: FleetFolder) -> None:
    walk = "  plain:\n    path: '/people/{id}/x'\n    walk: {parent: people}\n"
    folder.change("parts/people.yaml", PAGED, walk)
    assert folder.load().problems == []
    folder.change("riverside.yaml", "    source: people\n", "    source: people\n    stream: plain\n")
    assert NOT_YET in folder.only_problem().message


@pytest.mark.parametrize("auth", ["{kind: basic}", "{kind: header, name: X-Key}", "{kind: query, name: key}"])
def test_an_unknown_way_to_authenticate_is_refused(folder: FleetFolder, auth: str) -> None:
    folder.change("parts/people.yaml", "{kind: bearer}", auth)
    assert NOT_YET in folder.only_problem().message


@pytest.mark.parametrize("strategy", ["changes_since", "walk_parents"])
def test_a_strategy_that_cannot_be_read_is_refused(folder: FleetFolder, strategy: str) -> None:
    folder.change("riverside.yaml", "    source: people\n", f"    source: people\n    read: {{strategy: {strategy}}}\n")
    problem = folder.only_problem()
    assert problem.key == "streams.people.read.strategy"
    assert NOT_YET in problem.message


def test_modified_since_needs_a_modified_field(folder: FleetFolder) -> None:
    use = "    source: people\n    stream: plain\n    read: {strategy: modified_since}\n"
    folder.change("riverside.yaml", "    source: people\n", use)
    assert "needs `modified`" in folder.only_problem().message
    folder.change("riverside.yaml", "    read: {strategy: modified_since}\n", "")
    assert folder.load().customers["riverside"].strategy("people") == "full_snapshot"


@pytest.mark.parametrize("kind", ["gift", "note", "attendance", "opportunity"])
def test_a_recipe_that_writes_something_else_is_refused(folder: FleetFolder, kind: str) -> None:
    folder.change("parts/contacts.yaml", "writes: contact", f"writes: {kind}")
    problem = folder.only_problem()
    assert problem.key == "streams.people.recipe"
    assert NOT_YET in problem.message


@pytest.mark.parametrize(("on_delete", "words"), [("archive", NOT_YET), ("remove", "not for"), ("reverse", "not for")])
def test_a_way_to_delete_that_does_not_work_for_contacts_is_refused(
    folder: FleetFolder, on_delete: str, words: str
) -> None:
    folder.change("riverside.yaml", "    source: people\n", f"    source: people\n    on_delete: {on_delete}\n")
    problem = folder.only_problem()
    assert problem.key == "streams.people.on_delete"
    assert words in problem.message
