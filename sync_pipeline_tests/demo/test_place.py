"""The demonstration empties only its own folder, talks only to its own sandbox, and changes no environment."""

import os
import socket
from pathlib import Path

import pytest
import structlog

from sync_pipeline.adapters.logs import configure_logs
from sync_pipeline.demo.place import (
    MARKER,
    SHIPPED_ADDRESS,
    confirm_nobody_else_is_written_to,
    fleet_at,
    fresh_home,
    logs_in,
    sandbox_on_a_free_port,
    settings_of,
    shipped_fleet,
)
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.sandbox.world import DEMO_CUSTOMERS, World
from sync_pipeline.settings import load_settings

ELSEWHERE = "http://127.0.0.1:4040"


def test_a_home_of_an_earlier_demonstration_is_emptied(tmp_path: Path) -> None:
    home = tmp_path / "a" / "demo"
    fresh_home(home)
    (home / "state.db").write_text("old")
    (home / "data").mkdir()
    (home / "data" / "cut.parquet").write_text("old")
    fresh_home(home)
    assert [entry.name for entry in home.iterdir()] == [MARKER]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    fresh_home(tmp_path)
    assert (tmp_path / MARKER).is_file()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(ConfigurationError, match="left alone"):
        fresh_home(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def test_a_link_to_a_folder_is_left_alone(tmp_path: Path) -> None:
    real = tmp_path / "real"
    fresh_home(real)
    (real / "precious").write_text("mine")
    (tmp_path / "demo").symlink_to(real)
    with pytest.raises(ConfigurationError, match="left alone"):
        fresh_home(tmp_path / "demo")
    assert (real / "precious").exists()


def test_what_a_link_inside_the_home_points_to_is_not_emptied(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    home = tmp_path / "demo"
    fresh_home(home)
    (home / "link").symlink_to(precious)
    fresh_home(home)
    assert (precious / "file").exists()
    assert not (home / "link").exists()


def test_a_home_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made ready"):
        fresh_home(tmp_path / "file" / "demo")


def test_at_its_own_address_the_shipped_fleet_is_used_as_it_is(tmp_path: Path) -> None:
    assert fleet_at(SHIPPED_ADDRESS, tmp_path) == shipped_fleet()
    confirm_nobody_else_is_written_to(shipped_fleet(), DEMO_CUSTOMERS, SHIPPED_ADDRESS)


def test_at_another_address_the_fleet_is_copied_and_points_there(tmp_path: Path) -> None:
    fleet = fleet_at(ELSEWHERE, tmp_path)
    assert fleet.parent == tmp_path
    confirm_nobody_else_is_written_to(fleet, DEMO_CUSTOMERS, ELSEWHERE)


@pytest.mark.parametrize("address", ["https://api.example.org", f"{ELSEWHERE}4"])
def test_a_fleet_that_points_anywhere_else_is_refused(tmp_path: Path, address: str) -> None:
    fleet = fleet_at(ELSEWHERE, tmp_path)
    file = fleet / "harbor-shelter.yaml"
    file.write_text(file.read_text().replace(f"base_url: {ELSEWHERE}\n", f"base_url: {address}\n"))
    with pytest.raises(ConfigurationError, match=r"harbor-shelter\.yaml does not point to the sandbox"):
        confirm_nobody_else_is_written_to(fleet, DEMO_CUSTOMERS, ELSEWHERE)


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1], 0]
        with sandbox_on_a_free_port(World(), ports) as (url, place):
            assert place == 1
            assert not url.endswith(f":{ports[0]}")


def test_without_a_free_port_it_says_so() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="cannot be used"),
        sandbox_on_a_free_port(World(), [taken.getsockname()[1]]),
    ):
        pass


def test_settings_of_the_environment_do_not_reach_the_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_DATABASE_URL", "postgresql://real.example.org/production")
    monkeypatch.setenv("SYNC_REGION", "eu")
    monkeypatch.setenv("DAGSTER_HOME", "/somewhere/else")
    monkeypatch.delenv("SYNC_CUSTOMERS", raising=False)
    before = dict(os.environ)
    home = tmp_path / "demo"
    with settings_of(home, tmp_path / "fleet"):
        settings = load_settings()
    assert settings.database_url == f"sqlite:///{home / 'state.db'}"
    assert (settings.customers, settings.dagster_home) == (tmp_path / "fleet", home / "dagster")
    assert settings.region is None
    assert dict(os.environ) == before


def test_logs_go_to_the_file_and_not_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()

    with logs_in(tmp_path / "demo.log"):
        configure_logs()
        structlog.get_logger().info("read", rows=3)
    assert '"rows": 3' in (tmp_path / "demo.log").read_text()
    assert capsys.readouterr() == ("", "")
    assert structlog.get_config() == before
