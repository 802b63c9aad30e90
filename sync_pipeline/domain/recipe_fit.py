"""What does not fit between a recipe and one page of records: mistakes that show only where there is data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sync_pipeline.domain.configuration import CustomerStream
from sync_pipeline.domain.cut import KEY_COLUMN, PARENT_COLUMN
from sync_pipeline.domain.recipe_sql import compile_expression
from sync_pipeline.domain.recipe_trial import DESIGNATIONS, MappedRow, columns_by_place, expressions, text_frame
from sync_pipeline.domain.stream_fit import Remark, nearest, seen_columns
from sync_pipeline.domain.stream_sample import StreamSample

RESERVED = frozenset({KEY_COLUMN, PARENT_COLUMN})
SAYS_NOTHING = (None, "false")


def recipe_remarks(
    stream: CustomerStream, sample: StreamSample, mapped: Sequence[MappedRow], own_tags: str | None = None
) -> Iterator[Remark]:
    """What is wrong between the recipe and the whole page in `sample`, of which `mapped` was made.

    `own_tags` begins every tag that may be taken away from a contact again, where tags are to be exact.
    """
    if not mapped:
        return
    columns = columns_by_place(stream)
    outcomes = _outcomes(stream, columns, mapped)
    yield from _failures(outcomes)
    required = {place: used - frozenset(stream.recipe.optional) for place, used in columns.items()}
    yield from _missing_columns(required, outcomes, sample)
    yield from _dead_letters(mapped)
    yield from _shared_references(mapped)
    if own_tags is not None:
        yield from _lasting_tags(mapped, own_tags)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one expression gave on a page. `failure` is the class of the error, whose text may quote a value."""

    records: int
    failed: int
    failure: str
    says_nothing: bool


def _outcomes(
    stream: CustomerStream, columns: Mapping[str, frozenset[str]], mapped: Sequence[MappedRow]
) -> dict[str, _Outcome]:
    frame = text_frame([row.original for row in mapped], sorted(frozenset[str]().union(*columns.values())))
    compiled = {place: compile_expression(text) for place, text in expressions(stream).items()}
    return {place: _outcome(expression, frame) for place, expression in compiled.items()}


def _outcome(expression: pl.Expr, frame: pl.DataFrame) -> _Outcome:
    values: list[str | None] = []
    failures: list[str] = []
    try:
        values = _values(expression, frame)
    except pl.exceptions.PolarsError:
        for position in range(frame.height):
            try:
                values += _values(expression, frame.slice(position, 1))
            except pl.exceptions.PolarsError as error:
                failures.append(type(error).__name__)
    says_nothing = all(value in SAYS_NOTHING for value in values)
    return _Outcome(frame.height, len(failures), failures[0] if failures else "", says_nothing)


def _values(expression: pl.Expr, frame: pl.DataFrame) -> list[str | None]:
    return frame.select(pl.col(KEY_COLUMN), expression.cast(pl.String).alias("value"))["value"].to_list()


def _failures(outcomes: Mapping[str, _Outcome]) -> Iterator[Remark]:
    for place, outcome in outcomes.items():
        if outcome.failed:
            yield Remark(
                f"{place} of the recipe fails on {outcome.failed} of {outcome.records} records: {outcome.failure}.",
                "Write try_cast instead of cast, and look at the column's values with `sources sample`: a record that "
                "the recipe fails on becomes a dead letter.",
                is_problem=outcome.failed == outcome.records,
            )


def _missing_columns(
    columns: Mapping[str, frozenset[str]], outcomes: Mapping[str, _Outcome], sample: StreamSample
) -> Iterator[Remark]:
    seen = seen_columns(sample) | RESERVED
    places: dict[str, list[str]] = {}
    for place, used in columns.items():
        for name in used - seen:
            # `address` that is null in every record would hold `address.city` in another one.
            if not any(name.startswith(f"{holder}.") for holder in seen):
                places.setdefault(name, []).append(place)
    for name, used_by in sorted(places.items()):
        yield Remark(
            f"No record has the column `{name}`, which {_listed(used_by)} of the recipe "
            f"{'reads' if len(used_by) == 1 else 'read'}.",
            f"{nearest(name, sample)} If the platform leaves out what is empty, this is no mistake.",
            is_problem=any(place == DESIGNATIONS or outcomes[place].says_nothing for place in used_by),
        )


def _dead_letters(mapped: Sequence[MappedRow]) -> Iterator[Remark]:
    matching = [row for row in mapped if row.record.matches]
    reasons = Counter(row.problem for row in matching if row.problem is not None)
    for reason, count in reasons.items():
        yield Remark(
            f"{count} of {len(matching)} records would become dead letters: {reason}.",
            "Correct the recipe; if it is right, the records have to be corrected at the source.",
            is_problem=count * 2 >= len(matching),
        )
    if not matching:
        yield Remark(
            "No record on the page fulfils the recipe's `when`.",
            "Nothing of this page would be sent; records that Virtuous has and that stop to match count as deleted.",
            is_problem=False,
        )


def _shared_references(mapped: Sequence[MappedRow]) -> Iterator[Remark]:
    references = [row.record.reference for row in mapped if row.record.matches and row.record.reference]
    shared = len(references) - len(set(references))
    if shared:
        yield Remark(
            f"{shared} of {len(references)} records have the reference of another one on the page.",
            "Virtuous would take them for the same record: let `reference` tell them apart.",
        )


def _lasting_tags(mapped: Sequence[MappedRow], own_tags: str) -> Iterator[Remark]:
    lasting = sorted({tag for row in mapped for tag in row.record.tags if not tag.startswith(own_tags)})
    if lasting:
        yield Remark(
            f"`tags: exact` will never take away {len(lasting)} of the tags that the recipe gives: they do not begin "
            f"with `{own_tags}`.",
            "Begin the recipe's tags with the source's `reference_source` and a colon: other tags count as staff's.",
            is_problem=False,
        )


def _listed(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
