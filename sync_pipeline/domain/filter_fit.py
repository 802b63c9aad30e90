"""What the trial of a stream's filter says against its connector's description."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sync_pipeline.domain.configuration.connector import Modified
from sync_pipeline.domain.stream_fit import Remark
from sync_pipeline.domain.stream_sample import Filtering, FilterTrial
from sync_pipeline.domain.time_format import spelled

LIKELY = (
    "Write in `modified.format` of the connector how the platform spells times in this parameter, and "
    "`modified.inclusive: false` if it means after and not on or after. Compare the name of the parameter with the "
    "documentation. If nothing helps, leave `modified` out: every night then reads everything."
)
# No record's own time is shown.
EXAMPLE = datetime(2026, 1, 31, 22, 5, tzinfo=UTC)


def filter_remarks(modified: Modified, trial: FilterTrial) -> Iterator[Remark]:
    asked = f"`{modified.parameter}` (times spelled like {spelled(EXAMPLE, modified.format)})"
    match trial.outcome:
        case Filtering.LOST:
            yield Remark(
                f"Asked by {asked} for what changed since the newest record of the page, the platform does not answer "
                "that record: every night would miss changes, silently and for ever.",
                LIKELY,
            )
        case Filtering.REFUSED:
            yield Remark(f"Asked by {asked} for what changed, as every night does: {trial.refusal}", LIKELY)
        case Filtering.UNDECIDED:
            yield Remark(
                f"Asked by {asked} for what changed since the newest record of the page, the platform answers several "
                "pages, and the first ones do not hold that record: whether the filter misses changes is not known.",
                "Ask by hand for a record that changed lately, with its own time; or sort the list by the time of "
                "change in `parameters` of the connector.",
                is_problem=False,
            )
        case Filtering.FOUND:
            pass
    if trial.ignored:
        yield Remark(
            f"Asked by {asked} for what changes after tomorrow, the platform answers records that changed before: it "
            "ignores the parameter. No change is lost, but every night reads everything.",
            "Compare `modified.parameter` and `modified.format` of the connector with the platform's documentation, or "
            "leave `modified` out.",
            is_problem=False,
        )
