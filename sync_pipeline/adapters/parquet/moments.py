"""The moment that a text says, inside DuckDB: what `domain.time_format.moment_of` answers for one text."""

from sync_pipeline.domain.time_format import ISO_TIME, NUMBER, NUMBERS, own_pattern

A_DIGIT = r"\d"


def moment_sql(time_format: str) -> tuple[str, list[object]]:
    """Microseconds since 1970 of the column `spelled`, null where it says no time, and the query's parameters."""
    iso = "case when regexp_full_match(spelled, ?) then epoch_us(try_cast(spelled as timestamptz)) end"
    if time_format in NUMBERS:
        factor = NUMBERS[time_format].total_seconds() * 1_000_000
        number = "case when regexp_full_match(spelled, ?) then try_cast(try_cast(spelled as double) * ? as bigint) end"
        return f"coalesce({number}, {iso})", [NUMBER, factor, ISO_TIME]
    if (pattern := own_pattern(time_format)) is not None:
        # DuckDB takes words such as 'infinity' for times, whatever the pattern.
        patterned = "case when regexp_matches(spelled, ?) then epoch_us(try_strptime(spelled, ?)) end"
        return f"coalesce({patterned}, {iso})", [A_DIGIT, pattern, ISO_TIME]
    return iso, [ISO_TIME]
