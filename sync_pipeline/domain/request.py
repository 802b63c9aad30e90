"""One request to Virtuous as data, and what came back: whoever sends it need not know what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_pipeline.domain.answer import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Request:
    """A call of the API. `path` is a template, such as `/api/Gift/{giftId}`, filled from `parts`.

    `documented`: a 2xx carries a JSON document, and one that cannot be read is no answer (DESIGN section 5). Where it
    is false an empty body is the normal answer. `followers` are further calls of the same operation, sent in turn.
    """

    method: str
    path: str
    parts: Mapping[str, str | int] = field(default_factory=dict)
    query: Mapping[str, str | int | bool] = field(default_factory=dict)
    body: Any = None
    documented: bool = True
    followers: tuple["Request", ...] = ()

    @property
    def endpoint(self) -> str:
        """What the books of requests call it: the same for every record."""
        return f"{self.method} {self.path}"

    def as_document(self) -> dict[str, Any]:
        """The request as JSON types, as the ledger keeps it."""
        return {
            "method": self.method,
            "path": self.path,
            "parts": dict(self.parts),
            "query": dict(self.query),
            "body": self.body,
            "documented": self.documented,
            "followers": [follower.as_document() for follower in self.followers],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Request":
        """The inverse of `as_document`."""
        followers = tuple(cls.from_document(follower) for follower in document["followers"])
        return cls(**{**document, "followers": followers})


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, and the decoded body of a 2xx; None where there is none to read."""

    answer: Answer
    document: Any = None

    @property
    def is_accepted(self) -> bool:
        return self.answer.outcome == Outcome.ACCEPTED

    @property
    def is_missing(self) -> bool:
        """404: there is no such thing, or it is held and not a record yet."""
        return self.answer.status == MISSING


MISSING = 404
