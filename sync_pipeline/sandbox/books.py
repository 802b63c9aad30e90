"""What one organization was asked and told, kept apart from what the pipeline believes."""

import re
from collections import Counter
from typing import Any

import msgspec

Row = dict[str, Any]

TRACEPARENT = re.compile(r"00-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
NO_TRACE = "none"

# Effects that have no reference, by what tells one from another: contact and text of a note, and so on.
MADE = ("reversals", "notes", "attendances", "volunteers", "opportunities", "tags", "archives")


def reference_name(source: str, reference_id: str) -> str:
    return f"{source}/{reference_id}"


class Books:
    """Counts of requests, answers and the payloads accepted per reference."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.traces: Counter[str] = Counter()
        self.rows_received = 0
        self.rows_accepted = 0
        self.unknown_fields: Counter[str] = Counter()
        self.repeats = 0
        self.out_of_order = 0
        self.ignored_attendances: Counter[str] = Counter()
        self._made: dict[str, Counter[str]] = {kind: Counter() for kind in MADE}
        self._payloads: dict[str, list[int]] = {}

    def trace(self, traceparent: str) -> None:
        """Books the trace that a request belongs to (W3C Trace Context, version 00)."""
        found = TRACEPARENT.fullmatch(traceparent)
        self.traces[found["trace"] if found else NO_TRACE] += 1

    def accept(self, source: str, reference_id: str, row: Row) -> None:
        """Books one accepted row.

        A repeat is the newest payload once more. Out of order is an older one once more, after another had taken its
        place; a source that truly went A, B, A is counted there too, as nothing in the request tells them apart.
        """
        self.rows_accepted += 1
        if not reference_id:
            return
        payloads = self._payloads.setdefault(reference_name(source, reference_id), [])
        fingerprint = hash(msgspec.json.encode(row, order="sorted"))
        if payloads and payloads[-1] == fingerprint:
            self.repeats += 1
            return
        if fingerprint in payloads:
            self.out_of_order += 1
            payloads.remove(fingerprint)
        payloads.append(fingerprint)

    def make(self, kind: str, *key: object) -> None:
        """Books one effect of `kind`. Nothing is taken back when the record is deleted later."""
        self._made[kind]["/".join(str(part) for part in key)] += 1

    def report(self) -> dict[str, Any]:
        return {
            "requests": dict(self.requests),
            "answers": dict(self.answers),
            "traces": dict(self.traces),
            "rows_received": self.rows_received,
            "rows_accepted": self.rows_accepted,
            "effects": {name: len(payloads) for name, payloads in self._payloads.items()},
            "repeats": self.repeats,
            "out_of_order": self.out_of_order,
            "unknown_fields": dict(self.unknown_fields),
        }

    def made(self) -> dict[str, Any]:
        """Per kind of effect, how often each was made."""
        counts = {kind: dict(made) for kind, made in self._made.items()}
        return counts | {"ignored_attendances": dict(self.ignored_attendances)}
