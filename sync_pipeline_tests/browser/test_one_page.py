"""A run's page in a real browser; `make test-browser` looks at many, and at fleets."""

from pathlib import Path

import pytest

from sync_pipeline_tests.browser.looking import (
    SCHEMES,
    WIDTHS,
    assert_legible,
    looking,
    opened_browser,
    skip_without_chromium,
)
from sync_pipeline_tests.end_to_end.deployment import CUSTOMER
from sync_pipeline_tests.end_to_end.kinds import every_kind

pytestmark = pytest.mark.browser


def test_the_page_of_a_night_is_legible_wide_and_light_and_narrow_and_dark(tmp_path: Path, sqlite_url: str) -> None:
    skip_without_chromium()
    with every_kind(tmp_path, sqlite_url) as deployment:
        page = deployment.workplace.pages.run_page(CUSTOMER, deployment.night().report.run_id)
        assert page is not None
        with opened_browser() as browser:
            for width, scheme in zip(WIDTHS, SCHEMES, strict=True):
                with looking(browser, page.path, width, scheme) as looked:
                    assert looked.asked == [page.path.as_uri()]
                    assert looked.complaints == []
                    assert_legible(looked)
