"""Debian's chromium, and the pages it looks at."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_pipeline_tests.browser.looking import opened_browser, skip_without_chromium
from sync_pipeline_tests.browser.site import Site, visited_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_file: Path) -> Iterator[Site]:
    """Made once, and only where somebody can look at it."""
    skip_without_chromium()
    folder = tmp_path_factory.mktemp("site")
    with visited_site(folder, f"sqlite:///{shutil.copy(sqlite_file, folder / 'state.db')}") as made:
        yield made


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    del site
    with opened_browser() as opened:
        yield opened
