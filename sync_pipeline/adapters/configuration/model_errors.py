"""Pydantic's errors as findings in plain words. The wrong value itself is never repeated: it may be a token."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sync_pipeline.adapters.configuration.model_keys import allowed_keys
from sync_pipeline.domain.configuration.base import Mistake, did_you_mean
from sync_pipeline.domain.configuration.finding import Finding, KeyPath

HINTS = {
    "token": "env:NAME or file:PATH",
    "destination": "a mapping with `token:`",
    "sources": "a mapping with one entry per source",
    "streams": "a mapping with one entry per stream",
    "connector": "the name of a shipped connector or a path",
    "recipe": "the name of a shipped recipe or a path",
    "source": "the name of an entry of `sources:`",
    "reference_source": "the fixed name Virtuous knows the source by, such as VOMO",
    "id": "the file's name without .yaml",
    "key": "the columns that identify a record, such as [id]",
    "base_url": "an address such as https://api.example.org/v1",
    "writes": "contact, gift, note, attendance or opportunity",
    "reference": "an expression such as id",
    "column": "the column that holds the list",
    "amount": "where the amount is in an entry of the list",
    "fields": "a mapping of Virtuous fields to expressions",
    "kind": "which kind it is",
}
PLAIN_MESSAGES = {
    "string_type": ("must be text", 'Write text; put quotes around values such as "123" or "true".'),
    "int_type": ("must be a whole number", "Write a whole number without quotes."),
    "int_from_float": ("must be a whole number", "Write a whole number without quotes."),
    "float_type": ("must be a number", "Write a number without quotes."),
    "bool_type": ("must be true or false", "Write true or false; YAML 1.2 reads yes, no, on and off as text."),
    "model_type": ("must be a mapping", "Write `key: value` lines below it, or remove it."),
    "model_attributes_type": ("must be a mapping", "Write `key: value` lines below it, or remove it."),
    "dict_type": ("must be a mapping", "Write `key: value` lines below it, or remove it."),
    "list_type": ("must be a list", "Write a list such as [a, b]."),
    "tuple_type": ("must be a list", "Write a list such as [a, b]."),
    "too_short": ("must not be empty", "Write at least one entry."),
    "too_long": ("has too many items", "Remove the items that are too many."),
    "url_parsing": ("must be an address", "Write an address such as https://api.example.org/v1."),
    "url_type": ("must be an address", "Write an address such as https://api.example.org/v1."),
    "url_scheme": ("must be an http or https address", "Write an address such as https://api.example.org/v1."),
    "url_too_long": ("must be an address", "Write an address such as https://api.example.org/v1."),
    "finite_number": ("must be a number", "Write a finite number."),
}

BOUNDS = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}


def model_findings(model: type[BaseModel], error: ValidationError, values: Mapping[str, object]) -> Iterator[Finding]:
    """One finding per wrong place; of several complaints about the same place the first."""
    seen: set[KeyPath] = set()
    for details in error.errors(include_url=False, include_input=False):
        path = written_path(details["loc"], values)
        if path not in seen:
            seen.add(path)
            yield Finding(path, *explain(model, details, path))


def written_path(location: Sequence[str | int], values: object) -> KeyPath:
    """The location without what pydantic adds: the kind chosen in a union, and the mark of a wrong key."""
    path: list[str | int] = []
    here = values
    for position, step in enumerate(location):
        if step == "[key]" or (isinstance(here, Mapping) and step not in here and here.get("kind") == step):
            continue
        if isinstance(here, Mapping) and step not in here and position < len(location) - 1:
            continue
        path.append(step)
        here = below(here, step)
    return tuple(path)


def below(values: object, step: str | int) -> object:
    if isinstance(values, Mapping):
        return values.get(step)
    if isinstance(values, list) and isinstance(step, int) and step < len(values):
        return values[step]
    return None


def explain(model: type[BaseModel], details: ErrorDetails, path: KeyPath) -> tuple[str, str]:
    """Message and remedy of one pydantic error."""
    kind = details["type"]
    mistake = details.get("ctx", {}).get("error")
    if isinstance(mistake, Mistake):
        return mistake.message, mistake.remedy
    if kind in PLAIN_MESSAGES:
        return PLAIN_MESSAGES[kind]
    if kind == "extra_forbidden":
        known = allowed_keys(model, details["loc"][:-1])
        unknown = str(path[-1])
        return f"unknown key `{unknown}`", f"{did_you_mean(unknown, known)}Allowed here: {', '.join(known)}."
    if kind in ("missing", "union_tag_not_found"):
        return explain_missing(path[-1] if kind == "missing" else "kind")
    return explain_choice(details)


def explain_missing(name: str | int) -> tuple[str, str]:
    if isinstance(name, int):
        return "has too few items", f"Write at least {name + 1} items."
    hint = f" with {HINTS[name]}" if name in HINTS else ""
    return f"`{name}` is missing", f"Add `{name}:`{hint}."


def explain_choice(details: ErrorDetails) -> tuple[str, str]:
    """A value outside its choices or bounds."""
    context = details.get("ctx", {})
    if details["type"] in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags")).replace("'", "").replace(" or ", ", ")
        return f"must be one of {expected}", "Write one of them."
    for bound, words in BOUNDS.items():
        if bound in context:
            return f"must be {words} {context[bound]:g}", "Write a number inside the bounds."
    return str(details["msg"]), "Compare with docs/configuration.md."
