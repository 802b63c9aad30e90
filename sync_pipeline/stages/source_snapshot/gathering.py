"""All pages of one read into one cut, and what the pages said beside their rows."""

from contextlib import aclosing
from dataclasses import dataclass, field

from sync_pipeline.domain import json_kinds
from sync_pipeline.domain.cut import Page, ReadPlan, lacking_share
from sync_pipeline.ports import CutWriter, Source

READS_UNTIL_TOTALS_MATCH = 2  # DESIGN section 7: then the cut goes on without proof of absence


@dataclass(slots=True)
class Gathered:
    """What the pages of a read said.

    matched: the distinct keys are as many as the last page's total, or there is none.
    lacking: the share of its records that the source counts and did not give.
    whole: nothing limited the read, so that a record it did not bring is gone. A walk limits itself by parents.
    """

    whole: bool
    pages: int = 0
    matched: bool = False
    lacking: float = 0.0
    token: str | None = None
    proven_parents: set[str] = field(default_factory=set)
    columns: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


async def gather(source: Source, plan: ReadPlan, writer: CutWriter) -> Gathered:
    """Read, and read once more when the distinct keys differ from the last page's total.

    Both passes go into the same cut (the later row of a key wins): a record that slipped between two pages of the
    first pass is caught by the second.
    """
    gathered = Gathered(whole=plan.since is None and plan.token is None)
    kinds: dict[str, int] = {}
    for _ in range(READS_UNTIL_TOTALS_MATCH):
        total, short, gathered.lacking = None, False, 0.0
        async with aclosing(source.pages(plan)) as pages:
            async for page in pages:
                writer.write(page.rows)
                json_kinds.merge(kinds, page.kinds)
                _add(gathered, page)
                total = total if page.total is None else page.total
                short = short or page.short
        keys = writer.distinct_keys()
        gathered.matched = not short and total in (None, keys)
        gathered.lacking = max(gathered.lacking, lacking_share(total, keys))
        if gathered.matched or short:  # short: the source has read that part twice already
            break
    gathered.columns = {column: json_kinds.names(seen) for column, seen in kinds.items()}
    return gathered


def _add(gathered: Gathered, page: Page) -> None:
    gathered.pages += 1
    gathered.token = page.token
    gathered.lacking = max(gathered.lacking, page.lacking)
    gathered.whole = gathered.whole or page.from_nothing
    if page.proven_parent is not None:
        gathered.proven_parents.add(page.proven_parent)
    if page.note is not None and page.note not in gathered.notes:
        gathered.notes.append(page.note)
