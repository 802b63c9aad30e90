"""View models into HTML. Every value is escaped by the templates' environment."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from sync_pipeline.adapters.pages.fleet_charts import fleet_charts
from sync_pipeline.adapters.pages.run_charts import run_charts
from sync_pipeline.domain.pages.fleet_page import LISTED, FleetPage
from sync_pipeline.domain.pages.run_page import RunPage
from sync_pipeline.domain.pages.words import age, counted, duration, moment

TEMPLATES = Path(__file__).parent / "templates"
BETWEEN_BACKTICKS = re.compile(r"`([^`]+)`")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")


def run_html(page: RunPage) -> str:
    return template("run.html").render(page=page, charts=run_charts(page))


def fleet_html(page: FleetPage) -> str:
    return template("fleet.html").render(page=page, charts=fleet_charts(page), listed=LISTED)


@cache
def template(name: str) -> Template:
    """A template, compiled once in a process."""
    return environment().get_template(name)


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "duration": duration, "code": code}
    made.globals |= {"counted": counted, "age": age}
    return made


def code(text: str) -> Markup:
    """What stands between backticks is set as code, a moment in one line; everything is escaped."""
    coded = BETWEEN_BACKTICKS.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(MOMENT.sub(r'<span class="nowrap">\g<0></span>', coded))  # noqa: S704 - escaped a moment before
