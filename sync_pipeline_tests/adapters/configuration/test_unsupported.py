"""What this version cannot do yet is refused where a stream uses it, and nowhere else."""

import pytest

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder

NOT_YET = "not supported by this version yet"


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
