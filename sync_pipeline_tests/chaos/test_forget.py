"""kill -9 between any two lines of forgetting: the customer stays out, and saying it again finishes the work."""

import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.domain.audit import FORGET
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.orchestration.forgetting import Forgotten, forget_customer
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.killing import killed_at, traced
from sync_pipeline_tests.chaos.test_prune import PACKAGE, copy
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VOMO, Deployment, deployed

pytestmark = pytest.mark.chaos

LINES_OF = {
    str(PACKAGE / name)
    for name in (
        "stages/forgetting.py",
        "orchestration/forgetting.py",
        "adapters/sql/forgetting.py",
        "adapters/sql/audit.py",
        "adapters/sql/leases.py",
        "adapters/parquet/customer_files.py",
        "adapters/parquet/durable.py",
    )
}
EVERY = 23
FEW_ROWS = 50
"""In a transaction, so that it is killed between them as well."""


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Three nights of a customer whose file was removed then."""
    monkeypatch.setattr("sync_pipeline.adapters.sql.forgetting.ROWS_PER_TRANSACTION", FEW_ROWS)
    (tmp_path / "original").mkdir()
    with deployed(tmp_path / "original", f"sqlite:///{tmp_path / 'original/home/state.db'}") as deployment:
        for night in range(3):
            deployment.world.edit_vomo_user(VOMO, 1 + night, phone=f"(555) {night:03}-0100")
            deployment.night()
    (deployment.workplace.settings.customers / f"{CUSTOMER}.yaml").unlink()
    return deployment


def forget(open_workplace: Callable[[], Workplace]) -> Forgotten:
    workplace = open_workplace()
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            return forget_customer(workplace, instance, CUSTOMER, "agreement ended", "anna", dry_run=False)
    finally:
        workplace.close()


@pytest.mark.fleet
def test_killed_between_any_two_lines(gone: Deployment, tmp_path: Path) -> None:
    whole = copy(gone, tmp_path / "whole")
    lines = traced(lambda: forget(whole), LINES_OF)
    assert lines > 200
    killed_in_the_middle = 0
    for line in range(1, lines, EVERY):
        folder = tmp_path / str(line)
        opened = copy(gone, folder)
        assert killed_at(line, lambda opened=opened: forget(opened), LINES_OF)
        workplace = opened()
        decided = any(entry.action == FORGET for entry in workplace.state.audit.entries(CUSTOMER))
        left = workplace.state.forgetting.rows(CUSTOMER)
        if decided and left:
            killed_in_the_middle += 1
            assert workplace.state.breakers.breaker(CUSTOMER).is_paused(workplace.clock.now())
        workplace.close()
        forget(opened)
        assert forget(opened).is_nothing
        workplace = opened()
        assert not (workplace.settings.data_folder / f"customer={CUSTOMER}").exists()
        assert {entry.action for entry in workplace.state.audit.entries(CUSTOMER)} == {FORGET}
        workplace.close()
        shutil.rmtree(folder)
    assert killed_in_the_middle > 5


def test_the_file_that_is_back_keeps_a_killed_process_from_being_repeated(gone: Deployment, tmp_path: Path) -> None:
    opened = copy(gone, tmp_path / "copy")
    lines = traced(lambda: forget(copy(gone, tmp_path / "whole")), LINES_OF)
    assert killed_at(lines // 2, lambda: forget(opened), LINES_OF)
    gone.configure()
    with pytest.raises(ConfigurationError, match="is still a customer"):
        forget(opened)
    (gone.workplace.settings.customers / f"{CUSTOMER}.yaml").unlink()
    forget(opened)
    assert forget(opened).is_nothing
