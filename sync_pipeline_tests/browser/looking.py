"""What a page looks like to a person, measured in the browser that shows it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
HEIGHT = 900
CHROMIUM = shutil.which("chromium")
WITHOUT = "chromium is not installed: `make test-browser` installs it and looks at the pages"
LEAST_CONTRAST, LEAST_CONTRAST_OF_A_MARK = 4.5, 3.0

COLOURS = """least => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const contrast = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
"""

TOO_PALE = (
    COLOURS
    + """  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || /^(title|desc|style)$/.test(element.tagName)) continue;
    const style = getComputedStyle(element);
    const text = rgba(element instanceof SVGElement ? style.fill : style.color);
    const seen = contrast(text, behind(element));
    looked += 1;
    if (seen < least) found.push(`${seen.toFixed(2)} ${element.tagName} ${node.data.trim()}`);
  }
  return {looked, found};
}"""
)
"""Texts with less contrast than that, by their rendered colours; in a chart against the card it stands on."""

TOO_FAINT = (
    COLOURS
    + """
  const marks = [...document.querySelectorAll("svg rect:not(.track), svg line.budget, svg line.limit, .legend li")];
  const found = new Set();
  for (const mark of marks) {
    const swatch = mark.tagName === "LI" ? getComputedStyle(mark, "::before") : getComputedStyle(mark);
    const border = swatch.borderTopWidth === "0px" ? "none" : swatch.borderTopColor;
    const drawn = {LI: [swatch.backgroundColor, border], line: [swatch.stroke], rect: [swatch.fill, swatch.stroke]};
    const colours = drawn[mark.tagName].filter(colour => colour !== "none");
    if (+swatch.fillOpacity < 1 || +swatch.opacity < 1) found.add(`translucent ${mark.getAttribute("class")}`);
    const card = rgba(getComputedStyle(document.querySelector(".card")).backgroundColor);
    const seen = Math.max(...colours.map(colour => contrast(rgba(colour), card)));
    if (seen < least) found.add(`${seen.toFixed(2)} ${mark.tagName} ${mark.getAttribute("class")}`);
  }
  return {looked: marks.length, found: [...found]};
}"""
)
"""Bars, lines and swatches of legends with less contrast than that against the card they stand on."""

TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter(
  element => !element.closest(".scroll") && element.getBoundingClientRect().right > innerWidth + 0.5
).map(element => `${element.tagName}.${element.className}`)"""

CUT_LABELS = """() => [...document.querySelectorAll("svg text")].filter(text => {
  const inner = text.getBoundingClientRect(), outer = text.ownerSVGElement.getBoundingClientRect();
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
}).map(text => text.textContent)"""

OVERLAPPING_LABELS = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const texts = [...svg.querySelectorAll(":scope > text")].map(text => [text, text.getBoundingClientRect()]);
  return texts.flatMap(([one, a], place) => texts.slice(place + 1).filter(([, b]) =>
    a.width && b.width && a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom
  ).map(([other]) => `${one.textContent} / ${other.textContent}`));
})"""

CHARTS = """() => [...document.querySelectorAll("svg")].map(svg => {
  const box = svg.getBoundingClientRect();
  const drawn = [...svg.querySelectorAll("rect:not(.track)")].filter(rect => {
    const {width, height} = rect.getBoundingClientRect();
    return width > 0 && height > 0;
  });
  return {width: box.width, height: box.height, marks: drawn.length, label: svg.getAttribute("aria-label"),
          hidden: svg.getAttribute("aria-hidden"), title: svg.querySelector("title")?.textContent};
})"""


class Looked:
    """A page as it is shown, and whatever it asked for while it was loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def measure(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)


@contextmanager
def looking(browser: Browser, path: Path, width: int, scheme: Any) -> Iterator[Looked]:
    """Open a page from its folder, in a browser without a network."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, offline=True)
    try:
        looked = Looked(context.new_page())
        looked.page.goto(path.as_uri())
        yield looked
    finally:
        context.close()


def assert_legible(looked: Looked) -> None:
    assert looked.measure(TOO_WIDE) == []
    pale = looked.measure(TOO_PALE, LEAST_CONTRAST)
    assert pale["looked"] > 50
    assert pale["found"] == []
    faint = looked.measure(TOO_FAINT, LEAST_CONTRAST_OF_A_MARK)
    assert faint["looked"] > 5
    assert faint["found"] == []
    assert looked.measure(CUT_LABELS) == []
    assert looked.measure(OVERLAPPING_LABELS) == []


def skip_without_chromium() -> None:
    if CHROMIUM is None:
        pytest.skip(WITHOUT)


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Playwright keeps an event loop running in this thread: what runs one of its own must come before or after."""
    with sync_playwright() as playwright:
        # In a container everybody is root, and chromium's own sandbox refuses root.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()
