"""The pages of real runs, looked at in a real browser: wide and narrow, light and dark."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from sync_pipeline_tests.browser.looking import (
    CHARTS,
    SCHEMES,
    WIDTHS,
    assert_legible,
    looking,
)
from sync_pipeline_tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.fleet]

PAGES = ("first", "troubled", "parked", "failed", "held", "reconciled", "fleet of 12", "fleet of 300")
LARGEST_PAGE = 300_000
LONGEST_PAGE = 16_000
"""Pixels on a telephone, as a page opens: what is longer was not folded, or is squeezed into one letter a line."""


EVERY_LOOK = tuple((width, scheme) for width in WIDTHS for scheme in SCHEMES)


def test_pages_are_legible_and_ask_nobody_for_anything(browser: Browser, site: Site, subtests: pytest.Subtests) -> None:
    for name in PAGES:
        for width, scheme in EVERY_LOOK:
            with (
                subtests.test(page=name, width=width, scheme=scheme),
                looking(browser, site.pages[name], width, scheme) as it,
            ):
                # With every table open: nothing of a page may be wrong only because it is folded.
                it.measure("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
                assert it.asked == [site.pages[name].as_uri()]
                assert it.complaints == []
                assert it.measure("() => document.documentElement.scrollWidth") == width
                assert_legible(it)


def test_every_chart_is_to_be_seen_and_no_page_is_endless_on_a_telephone(
    browser: Browser, site: Site, subtests: pytest.Subtests
) -> None:
    for name in PAGES:
        with subtests.test(page=name), looking(browser, site.pages[name], min(WIDTHS), "light") as shown:
            assert shown.measure("() => document.documentElement.scrollHeight") < LONGEST_PAGE
            charts = shown.measure(CHARTS)
            assert len(charts) >= 5
            for chart in charts:
                assert (chart["width"] > 80, chart["height"] > 5) == (True, True), chart
                assert chart["hidden"] == "true" or (chart["label"] and chart["title"]), chart
            assert sum(chart["marks"] for chart in charts) > 0


def test_light_and_dark_differ(browser: Browser, site: Site) -> None:
    seen = set()
    for scheme in SCHEMES:
        with looking(browser, site.pages["troubled"], 1280, scheme) as looked:
            seen.add(looked.measure("() => getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == len(SCHEMES)


def test_the_fleet_leads_to_the_page_of_a_customer(browser: Browser, site: Site) -> None:
    with looking(browser, site.pages["fleet of 12"], 1280, "light") as looked:
        looked.page.click("a:has-text('riverside')")
        assert Path(unquote(urlsplit(looked.page.url).path)).parent == site.pages["troubled"].parent
        assert "riverside" in looked.page.title()


def test_pages_stay_small(site: Site) -> None:
    assert {name: path.stat().st_size for name, path in site.pages.items() if path.stat().st_size > LARGEST_PAGE} == {}
