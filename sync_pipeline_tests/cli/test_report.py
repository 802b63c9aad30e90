"""The report as people read it."""

from datetime import UTC, datetime

import pytest

from sync_pipeline.cli.report import show_report
from sync_pipeline.domain.report import empty_report
from sync_pipeline.domain.run import Layer, Run, RunStatus

DOCUMENT = empty_report(
    Run("riverside", "run-1", Layer.NIGHTLY, "slot"), RunStatus.DONE, datetime(2026, 3, 1, tzinfo=UTC)
).as_dict()


def test_columns_that_changed_at_the_source_are_shown_per_stream(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"users": ["new column waiver_url (text)", "missing column phone"]}
    show_report({**DOCUMENT, "schema_changes": told})
    printed = capsys.readouterr().out
    assert "Columns that changed at the source" in printed
    assert all(change in printed for change in told["users"])


@pytest.mark.parametrize("document", [DOCUMENT, {k: v for k, v in DOCUMENT.items() if k != "schema_changes"}])
def test_nothing_is_said_about_columns_that_stayed(
    document: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports stored by an earlier version have no such field."""
    show_report(document)
    assert "Columns" not in capsys.readouterr().out
