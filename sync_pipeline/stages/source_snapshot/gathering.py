"""All pages of one read into one cut, and what the pages said beside their rows."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync_pipeline.domain import json_kinds
from sync_pipeline.domain.cut import Page, ReadPlan, lacking_share
from sync_pipeline.domain.errors import SourceError
from sync_pipeline.ports import CutWriter, ReadJournal, Source

READS_UNTIL_TOTALS_MATCH = 2  # DESIGN section 7: then the cut goes on without proof of absence


@dataclass(slots=True)
class Gathered:
    """What the pages of a read said.

    matched: the distinct keys are as many as the last page's total, or there is none.
    lacking: the share of its records that the source counts and did not give.
    whole: nothing limited the read, so that a record it did not bring is gone. A walk limits itself by parents.
    records, total: of the reading that is going on: how many came, some of them perhaps twice, and how many there are.
    """

    whole: bool
    pages: int = 0
    records: int = 0
    total: int | None = None
    matched: bool = False
    lacking: float = 0.0
    token: str | None = None
    proven_parents: set[str] = field(default_factory=set)
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class AfterPage(Protocol):
    """Told after every page that the source gave."""

    def __call__(self, *, can_go_on: bool) -> None: ...


async def gather(
    source: Source,
    plan: ReadPlan,
    writer: CutWriter,
    journal: ReadJournal,
    gathered: Gathered,
    after_page: AfterPage,
) -> None:
    """Read, and read once more when the distinct keys differ from the last page's total.

    Both readings go into the same cut (the later row of a key wins): a record that slipped between two pages of the
    first one is caught by the second. `after_page` may raise where another slice could go on: what was read until then
    is in the journal. A last page is no such place, and neither is the middle of what is read as a whole.
    """
    kinds: dict[str, int] = {}
    for reading in range(1, READS_UNTIL_TOTALS_MATCH + 1):
        gathered.total, gathered.records, gathered.lacking = None, 0, 0.0
        short, cursors = False, set[int]()
        async with aclosing(_pages(source, plan, journal, reading, after_page)) as pages:
            async for page in pages:
                _refuse_repeating(page, cursors)
                writer.write(page.rows)
                json_kinds.merge(kinds, page.kinds)
                _add(gathered, page)
                short = short or page.short
        keys = writer.distinct_keys()
        gathered.matched = not short and gathered.total in (None, keys)
        gathered.lacking = max(gathered.lacking, lacking_share(gathered.total, keys))
        if gathered.matched or short:  # short: the source has read that part twice already
            break
    gathered.columns = {column: json_kinds.names(seen) for column, seen in kinds.items()}


async def _pages(
    source: Source, plan: ReadPlan, journal: ReadJournal, reading: int, after_page: AfterPage
) -> AsyncGenerator[Page, None]:
    """The pages that the journal has of this reading, then those of the source, each kept before the next is asked."""
    for page in journal.pages(reading):
        yield page
    if journal.is_complete(reading):
        return
    rest = replace(plan, after=journal.cursor(reading), done_parents=journal.parents(reading))
    async with aclosing(source.pages(rest)) as pages:
        async for page in pages:
            journal.add(reading, page)
            yield page
            after_page(can_go_on=page.cursor is not None or page.proven_parent is not None)
    journal.complete(reading)


def _refuse_repeating(page: Page, cursors: set[int]) -> None:
    """A circle that is wider than a slice would be read for ever: each slice by itself would see only new pages."""
    if page.cursor is None:
        return
    mark = hash(page.cursor)
    if mark in cursors:
        raise SourceError(
            "A page leads on to where an earlier page led: the pagination is repeating.",
            "Nothing of this read was used. Check `pagination` of the connector against the platform's documentation, "
            "or report it to the platform.",
        )
    cursors.add(mark)


def _add(gathered: Gathered, page: Page) -> None:
    gathered.pages += 1
    gathered.records += len(page.rows)
    gathered.total = gathered.total if page.total is None else page.total
    gathered.token = page.token
    gathered.lacking = max(gathered.lacking, page.lacking)
    gathered.whole = gathered.whole or page.from_nothing
    if page.proven_parent is not None:
        gathered.proven_parents.add(page.proven_parent)
    if page.note is not None and page.note not in gathered.notes:
        gathered.notes.append(page.note)
