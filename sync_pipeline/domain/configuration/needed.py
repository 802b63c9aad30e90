"""What a kind of write cannot do without: fields that no record would have, and opportunities that nobody writes.

Each would be a dead letter per record, or hours that wait for ever: a person hears it once, before the first night.
"""

from collections.abc import Collection, Iterator, Mapping

from sync_pipeline.domain.configuration.finding import Finding, KeyPath
from sync_pipeline.domain.configuration.views import SourceView, StreamView, article
from sync_pipeline.domain.records import KINDS

NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contact": (("name", "firstName", "lastName"),),
    "gift": (
        ("amount",),
        ("giftDate",),
        ("giftType",),
        ("contact.referenceId", "contact.id", "contact.email", "contact.name", "contact.lastname"),
    ),
    "note": (("contact",), ("note",)),
    "attendance": (("contact",), ("opportunity",), ("hours",), ("startDateTimeUtc",)),
    "opportunity": (("name",),),
}
"""By kind; of several names in one place any will do. They are what `problem` of the kind asks of a record."""

DESIGNATION_PREFIX = "designation."


def missing_field_findings(stream: StreamView) -> Iterator[Finding]:
    """Fields that the kind needs and neither the recipe nor the customer's own `fields` fill."""
    kind = KINDS.get(stream.writes or "")
    if kind is None or stream.recipe_fields is None:
        return
    filled = {*stream.recipe_fields, *stream.fields}
    if not all(kind.accepts_field(name) for name in filled):
        return  # the missing one may be misspelled, and that is told already
    missing = [names for names in NEEDED[kind.name] if filled.isdisjoint(names)]
    if missing:
        wanted = ", ".join(names[0] if len(names) == 1 else f"one of {' / '.join(names)}" for names in missing)
        yield Finding(
            ("streams", stream.name, "recipe"),
            f"{article(kind)} needs {wanted}; neither the recipe nor this stream fills it",
            "Add it to `fields` of the recipe, or of this stream.",
        )


def designation_findings(path: KeyPath, fields: Collection[str], *, has_designations: bool) -> Iterator[Finding]:
    """One of the two would be ignored."""
    for name in fields:
        if has_designations and name.startswith(DESIGNATION_PREFIX):
            yield Finding(
                (*path, name),
                "the recipe splits gifts by `designations`, which leaves this field out",
                f"Remove the `{DESIGNATION_PREFIX}` fields, or `designations`.",
            )


def opportunity_findings(streams: Collection[StreamView], sources: Mapping[str, SourceView]) -> Iterator[Finding]:
    """Streams of hours whose opportunities no stream writes: their ids in Virtuous are known from writing only."""
    writing = [_reference_source(stream, sources) for stream in streams if stream.writes == "opportunity"]
    if any(stream.writes is None for stream in streams):
        return  # an unreadable recipe may be the one
    for stream in streams:
        if stream.writes != "attendance":
            continue
        own = _reference_source(stream, sources)
        names_another = "opportunitySource" in {*(stream.recipe_fields or ()), *stream.fields}
        if not writing or not (names_another or own is None or None in writing or own in writing):
            where = "" if own is None or names_another else f" of reference_source {own}"
            yield Finding(
                ("streams", stream.name, "recipe"),
                f"hours need opportunities{where}, and no stream of this customer writes them",
                "Add a stream whose recipe writes opportunity, such as vomo_projects_to_opportunities; "
                "the hours would wait for ever.",
            )


def _reference_source(stream: StreamView, sources: Mapping[str, SourceView]) -> str | None:
    source = sources.get(stream.source) if stream.source is not None else None
    return source.reference_source if source is not None else None
