"""kill -9 between any two lines of pruning: nothing that is needed is gone, and the next prune finishes the work."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.domain.cut_history import Kind
from sync_pipeline.domain.positions import CutState
from sync_pipeline.domain.retention import FINAL
from sync_pipeline.orchestration.pruning_customers import prune_customers
from sync_pipeline.settings import Settings, load_settings
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.chaos.killing import killed_at, traced
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER, VOMO, Deployment, deployed

pytestmark = pytest.mark.chaos

PACKAGE = Path(__file__).parents[2] / "sync_pipeline"
LINES_OF = {
    str(PACKAGE / name)
    for name in (
        "stages/pruning.py",
        "orchestration/pruning_customers.py",
        "adapters/pages/store.py",
        "adapters/parquet/stored.py",
        "adapters/parquet/durable.py",
        "adapters/sql/pruning.py",
        "adapters/sql/leases.py",
    )
}
EVERY = 19
"""Lines; coprime to the lines of a loop over files, so that every line of it has its turn."""


def files(settings: Settings) -> set[str]:
    return {str(path.relative_to(settings.data_folder)) for path in settings.data_folder.rglob("*") if path.is_file()}


def missing(workplace: Workplace) -> list[tuple[Kind, int | None]]:
    """What the state store says is there and is not: what it names as current, and change sets it can show."""
    state = workplace.state
    position = state.positions.position(CUSTOMER, "vomo", "users")
    rows = state.held.rows(CUSTOMER, [state for state in CutState if state in FINAL])
    named = [
        (Kind.SNAPSHOTS, position.snapshot_cut),
        (Kind.SNAPSHOTS, state.cuts.diffed_snapshot(CUSTOMER, "users")),
        (Kind.ACKNOWLEDGED, position.acknowledged_cut),
        *((Kind.CHANGE_SETS, row["cut"]) for row in rows if row["pruned_at"] is None),
    ]
    folder = workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users"
    return [(kind, cut) for kind, cut in named if not (folder / kind / f"{cut}.parquet").is_file()]


@pytest.fixture
def lived(tmp_path: Path) -> Deployment:
    """Ten nights, a mass change that is held, and what a killed process left; nothing pruned yet."""
    url = f"sqlite:///{tmp_path / 'original/home/state.db'}"
    (tmp_path / "original").mkdir()
    with deployed(tmp_path / "original", url) as deployment:
        deployment.configure(retention={"change_sets_days": 3, "snapshots_days": 3})
        for night in range(10):
            deployment.world.edit_vomo_user(VOMO, 1 + night, phone=f"(555) {night:03}-0100")
            deployment.night()
        deployment.configure(limits={"guard": {"changes": 0.5}})
        for user_id in range(1, 36):
            deployment.world.edit_vomo_user(VOMO, user_id, phone=f"(555) {user_id:03}-0199")
        assert deployment.night().report.held == 35
    left = deployment.workplace.settings.data_folder / f"customer={CUSTOMER}/stream=users/snapshots/.99.merge"
    left.mkdir()
    (left / "spill.tmp").write_bytes(b"half a file")
    return deployment


def copy(lived: Deployment, folder: Path) -> Callable[[], Workplace]:
    """Opens a deployment of its own in the state that `lived` left."""
    shutil.copytree(lived.folder / "home", folder / "home")
    settings = load_settings(
        {"SYNC_HOME": str(folder / "home"), "SYNC_CUSTOMERS": str(lived.workplace.settings.customers)}
    )
    return lambda: Workplace(settings, lived.clock)


def prune(open_workplace: Callable[[], Workplace]) -> int:
    workplace = open_workplace()
    try:
        done = prune_customers(workplace, 3_600)
        assert done.failed == {}
        return done.files
    finally:
        workplace.close()


@pytest.mark.fleet
def test_killed_between_any_two_lines(lived: Deployment, tmp_path: Path) -> None:
    whole = copy(lived, tmp_path / "whole")
    lines = traced(lambda: prune(whole), LINES_OF)
    at_the_end = files(whole().settings)
    assert lines > 500
    assert len(at_the_end) < len(files(lived.workplace.settings))
    states_between = set()
    for line in range(1, lines, EVERY):
        folder = tmp_path / str(line)
        opened = copy(lived, folder)
        assert killed_at(line, lambda opened=opened: prune(opened), LINES_OF)
        workplace = opened()
        states_between.add(len(files(workplace.settings)))
        assert missing(workplace) == []
        workplace.close()
        prune(opened)
        assert files(workplace.settings) == at_the_end
        assert prune(opened) == 0
        shutil.rmtree(folder)
    assert len(states_between) > 5  # it was killed in the middle of removing, too
