"""Which requests go wrong, and how: told over HTTP or in process, counted per fault."""

from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Literal

import msgspec

Side = Literal["virtuous", "vomo", "giving", "slack"]
Kind = Literal[
    "latency",
    "status_before",
    "status_after",
    "cut_before",
    "cut_after",
    "rate_limited",
    "unauthorized",
    "malformed",
    "wrong_shape",
    "truncated_page",
    "repeated_cursor",
    "empty_page",
    "missing_rows",
    "foreign_link",
    "empty_cursor",
]
LINK_KINDS = frozenset({"foreign_link"})
CURSOR_KINDS = frozenset({"empty_cursor"})
LEADING_ON = LINK_KINDS | CURSOR_KINDS | {"repeated_cursor"}
BEFORE_THE_EFFECT = frozenset({"status_before", "cut_before", "rate_limited", "unauthorized"})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to go wrong, on the requests it matches.

    `path` is a prefix, `method` exact; left out, they match all. `every` n: each nth matching request. `times`: how
    often at most. `probability`: by a generator of its own, seeded with `seed`. `retry_after` in seconds. `quotes`: an
    error status of Virtuous repeats the body it refuses, as its real refusals repeat values.
    """

    side: Side
    kind: Kind
    token: str | None = None
    path: str = ""
    method: str | None = None
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    delay_ms: Annotated[float, msgspec.Meta(ge=0)] = 0
    times: Annotated[int, msgspec.Meta(ge=0)] | None = None
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1
    seed: int = 0
    quotes: bool = False

    def __post_init__(self) -> None:
        if self.quotes and (self.side, self.kind) != ("virtuous", "status_before"):
            raise ValueError("only `status_before` on the virtuous side quotes")
        if self.side == "virtuous" and self.kind in LEADING_ON:
            raise ValueError(f"`{self.kind}` is about what leads to the next page; Virtuous counts rows instead")
        if self.kind in (LINK_KINDS if self.side == "giving" else CURSOR_KINDS):
            raise ValueError(f"`{self.kind}` has nothing to change in pages of the {self.side} side")


@dataclass(frozen=True)
class Request:
    """What a fault can match on."""

    side: Side
    token: str
    method: str
    path: str


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.fault.seed)  # noqa: S311 - a repeatable draw is the purpose

    def matches(self, request: Request) -> bool:
        fault = self.fault
        return (
            fault.side == request.side
            and fault.token in {None, request.token}
            and fault.method in {None, request.method}
            and request.path.startswith(fault.path)
            and (fault.times is None or self.fired < fault.times)
        )

    def fires(self) -> bool:
        self.seen += 1
        if self.seen % self.fault.every or self.random.random() >= self.fault.probability:
            return False
        self.fired += 1
        return True


@dataclass(frozen=True)
class Trouble:
    """What one request has coming: a delay, and at most one other fault."""

    delay_seconds: float = 0
    fault: Fault | None = None


class Faults:
    """All armed faults, in the order they were told. Delays add up; of the rest the first that fires wins."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        self._armed.clear()

    def trouble_for(self, request: Request) -> Trouble:
        delay_ms = 0.0
        chosen: Fault | None = None
        for armed in self._armed:
            if (chosen and armed.fault.kind != "latency") or not armed.matches(request) or not armed.fires():
                continue
            delay_ms += armed.fault.delay_ms
            if armed.fault.kind != "latency":
                chosen = armed.fault
        return Trouble(delay_ms / 1000, chosen)

    def report(self) -> list[dict[str, object]]:
        return [
            {"fault": msgspec.to_builtins(armed.fault), "seen": armed.seen, "fired": armed.fired}
            for armed in self._armed
        ]
