"""`report --open` and `report --fleet`: the page is there, is named, and is opened where somebody can see it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.sandbox_fleet import CUSTOMER

Command = Callable[..., Printed]
NO_DISPLAY = "There is no display here to open it on."


@pytest.fixture
def ran(fleet: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One night of the customer, on a machine without a display; answers the page that it left."""
    del fleet
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert command("run", CUSTOMER, "--json").code == 0
    return Path(command("report", CUSTOMER, "--json").document["page"])


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it was asked to show."""
    seen = tmp_path / "seen"
    script = tmp_path / "browser"
    script.write_text(f"#!{sys.executable}\nimport pathlib, sys\npathlib.Path({str(seen)!r}).write_text(sys.argv[1])\n")
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    return seen


def test_a_report_names_the_page_of_its_run(ran: Path, command: Command) -> None:
    assert ran.is_file()
    assert ran.parent.parent.name == f"customer={CUSTOMER}"
    assert f"Page: {ran}" in command("report", CUSTOMER).out
    ran.unlink()
    assert command("report", CUSTOMER, "--json").document["page"] is None
    assert "Page:" not in command("report", CUSTOMER).out


def test_a_page_that_is_gone_is_made_again(ran: Path, command: Command) -> None:
    ran.unlink()
    printed = command("report", CUSTOMER, "--run", ran.stem, "--open", "--json")
    assert (printed.code, printed.document["page"], NO_DISPLAY in printed.err) == (0, str(ran), True)
    assert "All 20 changes were delivered" in ran.read_text(encoding="utf-8")


def test_a_page_that_is_as_new_as_its_report_stays(ran: Path, command: Command) -> None:
    ran.chmod(0o600)
    before = ran.stat()
    assert f"Page: {ran}" in command("report", CUSTOMER, "--open").out
    assert (ran.stat().st_mtime_ns, ran.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_the_page_opens_in_the_browser(ran: Path, opened: Path, command: Command) -> None:
    printed = command("report", CUSTOMER, "--open", "--json")
    assert (printed.code, printed.document["page"], printed.err) == (0, str(ran), "")
    assert opened.read_text() == ran.as_uri()


def test_the_fleet_has_a_page_that_leads_to_its_customers(ran: Path, command: Command) -> None:
    printed = command("report", "--fleet", "--json")
    page = Path(printed.document["page"])
    data = ran.parents[2]
    assert page == data / "reports" / "fleet.html"
    html = page.read_text(encoding="utf-8")
    assert "The only customer goes on by itself" in html
    assert f'href="../customer%3D{CUSTOMER}/reports/{ran.name}"' in html
    assert f"Page: {page}" in command("report", "--fleet", "--open").out


def test_a_customer_with_a_broken_file_needs_a_person(ran: Path, fleet: Path, command: Command) -> None:
    del ran
    (fleet / "broken.yaml").write_text("id: broken\nnope: 1\n")
    html = Path(command("report", "--fleet", "--json").document["page"]).read_text(encoding="utf-8")
    assert "1 of 2 customers needs a person." in html
    assert "sync-pipeline customers validate broken" in html


@pytest.mark.parametrize("words", [(), (CUSTOMER, "--fleet"), ("--fleet", "--run", "x")])
def test_a_report_is_about_one_customer_or_about_the_fleet(
    fleet: Path, command: Command, words: tuple[str, ...]
) -> None:
    del fleet
    printed = command("report", *words, "--json")
    assert (printed.code, printed.document["error"]["code"]) == (2, "configuration")


def test_a_page_that_cannot_be_written_is_one_clear_error(ran: Path, command: Command) -> None:
    folder = ran.parent
    ran.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    printed = command("report", CUSTOMER, "--open", "--json")
    error = printed.document["error"]
    assert (printed.code, error["code"]) == (2, "configuration")
    assert error["message"] == "The page cannot be written: File exists."
    assert "SYNC_DATA_URL" in error["remedy"]


def test_the_region_of_a_data_folder_is_not_confused_by_the_fleets_page(ran: Path, command: Command) -> None:
    del ran
    command("report", "--fleet")
    workplace = Workplace()
    try:
        assert workplace.snapshots
    finally:
        workplace.close()
