"""What a message says, in Slack's own markup: what happened, to whom, since when, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from sync_pipeline.domain.alerts.changes import Change, ChangeKind
from sync_pipeline.domain.alerts.notices import Group
from sync_pipeline.domain.alerts.pages import page_of
from sync_pipeline.domain.alerts.problem import FLEET, Subject
from sync_pipeline.domain.verdict import Severity

NAMED = 20
LONGEST_LINE = 600
LONGEST_LINE_OF_MANY = 200
SIGNS = {Severity.ERROR: ":red_circle:", Severity.WARNING: ":large_yellow_circle:"}
OVER = ":large_green_circle:"


@dataclass(frozen=True, slots=True)
class Links:
    """Where people look: `ui` is the address of the Dagster UI, `docs` of the documentation; None: not told."""

    ui: str | None = None
    docs: str | None = None

    def of(self, change: Change) -> list[str]:
        subject, run_id = change.problem.subject, change.problem.dagster_run_id
        links = []
        if self.ui is not None:
            if run_id is not None:
                links.append(f"<{self.ui}/runs/{run_id}|run>")
            if subject.customer_id != FLEET:
                partition = quote(subject.customer_id, safe="")
                links.append(f"<{self.ui}/assets/applied_ledger?partition={partition}|customer in the UI>")
        page = f"operations/{page_of(subject.name)}.md"
        links.append(f"`docs/{page}`" if self.docs is None else f"<{self.docs}/{page}|what to do>")
        return links


def message(group: Group, links: Links) -> str:
    """One message; what began and what is over are told apart, the first `NAMED` customers of each by name."""
    members = [one.change for one in group.changes]
    over = [change for change in members if change.kind is ChangeKind.ENDED]
    there = [change for change in members if change.kind is not ChangeKind.ENDED]
    return "\n\n".join([*([_began(there, links)] if there else []), *([_ended(over)] if over else [])])


def _began(members: Sequence[Change], links: Links) -> str:
    worst = max(members, key=lambda change: change.problem.severity is Severity.ERROR)
    sign = SIGNS[worst.problem.severity]
    if len(members) == 1:
        problem = worst.problem
        worse = " (worse than before)" if worst.kind is ChangeKind.WORSENED else ""
        head = f"{sign} {_who(problem.subject)}: {_line(problem.said)}{worse}"
        since = [] if worst.since == worst.at else [f"Since {_moment(worst.since)}."]
        return "\n".join([head, *since, f"*What to do:* {_line(problem.remedy)}", " · ".join(links.of(worst))])
    lines = [f"• {_who(one.problem.subject)}: {_line(one.problem.said, LONGEST_LINE_OF_MANY)}" for one in members]
    return "\n".join(
        [
            f"{sign} *{len(members)} customers: {title(worst.problem.subject.name)}*",
            *_first(lines),
            f"*What to do,* for {_who(worst.problem.subject)} as for the others: {_line(worst.problem.remedy)}",
            " · ".join(links.of(worst)),
        ]
    )


def _ended(members: Sequence[Change]) -> str:
    name = title(members[0].problem.subject.name)
    lines = [f"{_who(one.problem.subject)}: {name} is over, after {lasted(one.at - one.since)}" for one in members]
    if len(lines) == 1:
        return f"{OVER} {lines[0]}"
    return "\n".join([f"{OVER} *{len(lines)} customers: {name} is over*", *_first([f"• {line}" for line in lines])])


def title(name: str) -> str:
    """`stale_checkpoint` as words."""
    return name.replace("_", " ")


def lasted(length: timedelta) -> str:
    """`2 d 3 h`, `3 h 20 min`, `4 min`."""
    minutes = round(length / timedelta(minutes=1))
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _who(subject: Subject) -> str:
    if subject.customer_id != FLEET:
        return f"*{escaped(subject.customer_id)}*"
    return f"*{escaped(subject.part or title(subject.name))}*"


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"• and {len(lines) - NAMED} more: `sync-pipeline alerts list`"] if len(lines) > NAMED else []
    return [*lines[:NAMED], *more]


def _line(text: str, longest: int = LONGEST_LINE) -> str:
    short = text if len(text) <= longest else f"{text[:longest].rstrip()} …"
    return escaped(short)


def escaped(text: str) -> str:
    """Slack reads these three as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
