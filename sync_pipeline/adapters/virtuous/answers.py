"""From status, headers and body to an Answer: the status decides, the body only explains."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sync_pipeline.adapters.virtuous.error_bodies import ErrorBody, FieldProblem, parse_error
from sync_pipeline.adapters.virtuous.rate_headers import rate_reading, retry_after
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.contact import CONTACT_FIELDS, TAGS
from sync_pipeline.domain.redaction import ELLIPSIS, MAX_LENGTH, redact

ERROR_BODY_LIMIT = 64 * 1024
"""Bytes of an answer's body that are read when only an explanation is looked for."""

_BLAMABLE = {name.casefold(): name for name in (*CONTACT_FIELDS, TAGS)}
_CODE = re.compile(r"[A-Z]{2,40}(?:_[A-Z]{1,40}){0,8}")
_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: Outcome.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Outcome.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT: Outcome.NO_ANSWER,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Outcome.TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS: Outcome.THROTTLED,
}
# Indexed by the first digit: a redirect is never followed, it would carry the token and the record elsewhere.
_BY_CLASS = {2: Outcome.ACCEPTED, 3: Outcome.REFUSED, 4: Outcome.REFUSED}


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    sent_values: Collection[str],
    now: Callable[[], datetime] | None = None,
) -> Answer:
    """The answer class of DESIGN section 5; a caller that needs the body of a 2xx reads it itself.

    `sent_values` are the texts that must not come back in `detail`. `now` is only asked for a `Retry-After` date
    without a `Date` beside it.
    """
    wait = retry_after(headers, now)
    outcome = _outcome(status, wait)
    error = ErrorBody() if outcome is Outcome.ACCEPTED else parse_error(body[:ERROR_BODY_LIMIT])
    return Answer(
        outcome=outcome,
        status=status,
        retry_after=wait if outcome is Outcome.THROTTLED else None,
        detail="" if outcome is Outcome.ACCEPTED else _detail(status, error, sent_values),
        rate=rate_reading(headers),
        fields=_blamed(error),
    )


def unreadable(answer: Answer) -> Answer:
    """A 2xx whose documented body cannot be read says nothing."""
    return replace(answer, outcome=Outcome.NO_ANSWER, detail=f"{answer.status} with an unreadable body")


def _outcome(status: int, wait: float | None) -> Outcome:
    if status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None:
        return Outcome.THROTTLED
    if status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(status)]
    return _BY_CLASS.get(status // 100, Outcome.NO_ANSWER)


def _blamed(error: ErrorBody) -> tuple[str, ...]:
    """The fields of ours that an error names, however it spells their path."""
    names = (problem.field.rpartition(".")[2].casefold() for problem in error.problems)
    return tuple(dict.fromkeys(_BLAMABLE[name] for name in names if name in _BLAMABLE))


def _detail(status: int, error: ErrorBody, sent_values: Collection[str]) -> str:
    """For example `400 VALIDATION_ERROR: email (INVALID_FORMAT), lastName (REQUIRED)`."""
    if status // 100 == HTTPStatus.MULTIPLE_CHOICES // 100:
        return f"{status} redirect, not followed"
    code = _code(error.code, sent_values)
    head = f"{status} {code}" if code else str(status)
    explanation = _explanation(error, sent_values)
    text = f"{head}: {explanation}" if explanation else head
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + ELLIPSIS


def _explanation(error: ErrorBody, sent_values: Collection[str]) -> str:
    """The fields and what is wrong with them; the message only when no field is named, it adds nothing then."""
    problems = [_problem(problem, sent_values) for problem in error.problems]
    return ", ".join(filter(None, problems)) or redact(error.message, sent_values)


def _problem(problem: FieldProblem, sent_values: Collection[str]) -> str:
    reason = _code(problem.code, sent_values) or redact(problem.message, sent_values)
    field = _field(problem.field, sent_values)
    return f"{field} ({reason})" if field and reason else field or reason


def _code(code: str, sent_values: Collection[str]) -> str:
    """An upper-snake code stays whole, though it contains some short name: VALIDATION and Val."""
    if _CODE.fullmatch(code) and not _speaks_of(code, sent_values):
        return code
    return redact(code, sent_values)


def _field(path: str, sent_values: Collection[str]) -> str:
    """A path that ends in a field we send stays readable; any other may have been made of a value."""
    parent, dot, name = path.rpartition(".")
    if name in CONTACT_FIELDS:
        return f"{redact(parent, sent_values)}{dot}{name}"
    return redact(path, sent_values)


def _speaks_of(code: str, sent_values: Collection[str]) -> bool:
    parts = set(code.lower().split("_"))
    return any(parts.intersection(re.findall(r"[^\W_]{3,}", value.casefold())) for value in sent_values)
