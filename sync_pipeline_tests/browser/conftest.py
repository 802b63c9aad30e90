"""Debian's chromium, and the pages it looks at."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sync_pipeline_tests.browser.site import Site, visited_site

CHROMIUM = shutil.which("chromium")
WITHOUT = "chromium is not installed: `make test-browser` installs it and looks at the pages"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_file: Path) -> Iterator[Site]:
    """Made once, and only where somebody can look at it."""
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    folder = tmp_path_factory.mktemp("site")
    with visited_site(folder, f"sqlite:///{shutil.copy(sqlite_file, folder / 'state.db')}") as made:
        yield made


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Playwright keeps an event loop running in this thread: what runs one of its own must come before or after."""
    del site
    with sync_playwright() as playwright:
        # In a container everybody is root, and chromium's own sandbox refuses root.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()
