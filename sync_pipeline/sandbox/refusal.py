"""Why Virtuous refuses a request, said by whoever finds out and turned into an answer by `endpoint.permitted`."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One entry of `details` in the documented error body."""

    field: str
    code: str
    message: str


class Refusal(Exception):
    """Without a `status` the organization's own for an invalid body is answered. Raised before anything is changed."""

    def __init__(
        self, *details: Problem, status: int | None = None, message: str = "The request is not valid."
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details: Sequence[Problem] = details
        self.status = status


class NotFound(Exception):
    """404 with an empty body, as recorded for a record that does not exist."""


class Unbound(Exception):
    """400: the body cannot be read as the model the endpoint takes."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
