"""What a source or this version cannot do is refused where a customer asks for it, and nowhere else."""

from sync_pipeline_tests.adapters.configuration.folder import FleetFolder


def test_modified_since_needs_a_modified_field(folder: FleetFolder) -> None:
    use = "    source: people\n    stream: plain\n    read: {strategy: modified_since}\n"
    folder.change("riverside.yaml", "    source: people\n", use)
    assert "needs `modified`" in folder.only_problem().message
    folder.change("riverside.yaml", "    read: {strategy: modified_since}\n", "")
    assert folder.load().customers["riverside"].strategy("people") == "full_snapshot"


def test_hours_by_transactions_are_refused_by_name(folder: FleetFolder) -> None:
    folder.change("riverside.yaml", "destination:\n", "destination:\n  attendance: transaction\n")
    problem = folder.only_problem()
    assert (problem.key, problem.line) == ("destination.attendance", 5)
    assert "not supported by this version yet" in problem.message
    assert "Write direct" in problem.remedy
