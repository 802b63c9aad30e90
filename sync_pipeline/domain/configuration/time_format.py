"""The key `format`: how times are sent to a platform."""

from typing import Annotated

from pydantic import AfterValidator

from sync_pipeline.domain.configuration.base import Mistake, did_you_mean
from sync_pipeline.domain.time_format import DIRECTIVES, NAMES, directives

EXAMPLE = "%Y-%m-%d %H:%M:%S"


def usable_format(value: str) -> str:
    """A name, or a pattern that a moment can be told from to the day at least."""
    if value in NAMES:
        return value
    said = set(directives(value))
    if not said:
        raise Mistake(
            "not a format of times",
            f"{did_you_mean(value, NAMES)}Write one of {', '.join(NAMES)}, or a strftime pattern such as {EXAMPLE}.",
        )
    if not said <= set(DIRECTIVES) or not value.isprintable():
        known = ", ".join(f"%{letter}" for letter in DIRECTIVES)
        raise Mistake("the pattern has a directive that is not known here", f"Use {known} only.")
    if "Y" not in said or not ("j" in said or ("d" in said and said & set("mbB"))):
        raise Mistake(
            "the pattern leaves out the year, the month or the day", f"Write the whole date, such as {EXAMPLE}."
        )
    return value


TimeFormat = Annotated[str, AfterValidator(usable_format)]
