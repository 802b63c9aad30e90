"""What `demo --json` answers: all three nights, the comparison, and what differs."""

from typing import Any

from sync_pipeline.demo.comparison import Comparison
from sync_pipeline.demo.demonstration import Demonstration
from sync_pipeline.demo.nights import CustomerNight, Night

COUNTS = (
    "total_changes",
    "creates",
    "updates",
    "deletes",
    "unchanged",
    "successes",
    "failures",
    "deferred",
    "waiting",
    "superseded",
    "held",
    "pending",
    "carried",
    "source_requests",
    "rate_limit_pauses",
)


def demo_document(shown: Demonstration, seconds: float) -> dict[str, Any]:
    """`nights`, `counts` per customer at the end, and `differences`, which is empty when all is well."""
    place = shown.place
    document: dict[str, Any] = {
        "sandbox": place.url,
        "home": str(place.home),
        "customers": str(place.fleet),
        "log": str(place.log),
        "duration_seconds": seconds,
        "nights": [night_entry(night) for night in shown.nights],
        "counts": [comparison_entry(comparison) for comparison in shown.comparisons],
        "differences": [
            {
                "customer_id": difference.customer_id,
                "what": difference.what,
                "keys": difference.sorted_keys(),
            }
            for difference in shown.differences
        ],
    }
    if document["differences"]:
        document["error"] = {
            "code": "differences",
            "message": f"{len(document['differences'])} differences between the pipeline and the sandbox's books.",
            "remedy": f"Look at `differences` and at the log {place.log}; this is a defect of sync-pipeline.",
        }
    return document


def night_entry(night: Night) -> dict[str, Any]:
    return {
        "night": night.number,
        "title": night.title,
        "customers": [customer_entry(ran) for ran in night.customers],
        "faults": [
            {
                "customer_id": suffered.trouble.customer_id,
                "side": suffered.trouble.side,
                "fault": suffered.trouble.words,
                "times": suffered.times,
            }
            for suffered in night.suffered
        ],
    }


def customer_entry(ran: CustomerNight) -> dict[str, Any]:
    return {
        "customer_id": ran.customer_id,
        "run_id": ran.report.get("run_id"),
        "layer": ran.report.get("layer"),
        "status": ran.report.get("status"),
        "exit_code": ran.exit_code,
        "source_users": ran.source_users,
        "source_records": ran.source_records,
        **{name: ran.count(name) for name in COUNTS},
        "requests": ran.requests,
        "duration_seconds": ran.report.get("duration_seconds"),
        "imported": dict(ran.imported),
        "repeats": ran.repeats,
        "dead_letters": [
            {name: letter[name] for name in ("stream", "key", "kind", "attempts", "reason")}
            for letter in ran.dead_letters
        ],
        **({"error": ran.report["error"]} if "error" in ran.report else {}),
    }


def comparison_entry(comparison: Comparison) -> dict[str, Any]:
    return {
        "customer_id": comparison.customer_id,
        "source_users": comparison.source_users,
        "contacts": comparison.contacts,
        "contacts_equal": comparison.equal,
        "dead_letters": comparison.dead_letters,
        "duplicates": comparison.duplicates,
        "out_of_order": comparison.out_of_order,
        "effects": {
            name: {"expected": str(expected), "found": str(found)}
            if name == "hours"
            else {"expected": expected, "found": found}
            for name, (expected, found) in comparison.effects.items()
        },
        "values": dict(zip(("distinct", "booked"), comparison.values, strict=True)),
        "requests": dict(zip(("reported", "booked"), comparison.requests, strict=True)),
        "source_requests": dict(zip(("reported", "booked"), comparison.source_requests, strict=True)),
    }
