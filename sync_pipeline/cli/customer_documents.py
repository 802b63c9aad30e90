"""What `customers list`, `show` and `validate` answer, as plain documents."""

from pathlib import Path
from typing import Any

from sync_pipeline.adapters.configuration import (
    Fleet,
    Problem,
    load_customer,
    load_fleet,
    load_regions,
    missing_secrets,
    refuse_other_region,
)
from sync_pipeline.adapters.secrets import Secrets
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.settings import load_settings

SUMMARY = ("id", "name", "region", "timezone", "lane", "ring")


def fleet_document() -> dict[str, Any]:
    """`customers`: one entry per file, broken ones with `valid` false and no more than their id; `problems`."""
    fleet = configured_fleet()
    entries = [valid_entry(customer) for customer in fleet.customers.values()]
    entries += [broken_entry(customer_id) for customer_id in fleet.broken]
    return {
        "customers": sorted(entries, key=lambda entry: entry["id"]),
        "problems": [problem_entry(problem) for problem in fleet.problems],
    }


def customer_document(customer_id: str) -> dict[str, Any]:
    """One customer, defaults filled in; connectors and recipes by name, secrets as references.

    Raises:
        ConfigurationError: there is no such customer, or its files have problems.
    """
    settings = load_settings()
    customer = load_customer(settings.customers, customer_id, settings.region)
    document = customer.model_dump(mode="json", exclude={"sources": True, "streams": True})
    sources = {
        name: {
            "connector": source.connector.connector,
            "base_url": source.address,
            "token": source.token,
            "reference_source": source.reference_source,
        }
        for name, source in customer.sources.items()
    }
    streams = {name: stream_entry(customer, name) for name in customer.streams}
    return {
        **{key: value for key, value in document.items() if key not in ("schedule", "limits")},
        "destination": {**document["destination"], "base_url": customer.destination.address},
        "sources": sources,
        "streams": streams,
        "schedule": document["schedule"],
        "limits": document["limits"],
    }


def validation_document(customer_id: str | None) -> dict[str, Any]:
    """`valid`, `customers` (how many were checked) and all `problems`, missing secrets included.

    Raises:
        ConfigurationError: there is no such customer in this region, or no fleet at all.
    """
    fleet = configured_fleet() if customer_id is None else fleet_of_one(customer_id)
    uses = [use for uses in fleet.secrets.values() for use in uses]
    problems = sorted([*fleet.problems, *missing_secrets(uses, Secrets())], key=lambda found: (found.file, found.line))
    return {
        "valid": not problems,
        "customers": len(fleet.customers) + len(fleet.broken),
        "problems": [problem_entry(problem) for problem in problems],
    }


def configured_fleet() -> Fleet:
    settings = load_settings()
    return load_fleet(settings.customers, settings.region)


def fleet_of_one(customer_id: str) -> Fleet:
    settings = load_settings()
    refuse_other_region(customer_id, load_regions(settings.customers).get(customer_id), settings.region)
    return configured_fleet().only(customer_id)


def valid_entry(customer: Customer) -> dict[str, Any]:
    return {
        **customer.model_dump(include=set(SUMMARY)),
        "sources": list(customer.sources),
        "streams": list(customer.streams),
        "valid": True,
    }


def broken_entry(customer_id: str) -> dict[str, Any]:
    return {**dict.fromkeys(SUMMARY), "sources": [], "streams": [], "id": customer_id, "valid": False}


def stream_entry(customer: Customer, name: str) -> dict[str, Any]:
    stream = customer.streams[name]
    return {
        "source": stream.source,
        "stream": stream.stream or name,
        "recipe": stream.recipe.recipe,
        "writes": stream.recipe.writes,
        "read": {**stream.read.model_dump(mode="json"), "strategy": customer.strategy(name)},
        "reference": stream.recipe.reference,
        "when": stream.recipe.when,
        "urgent": stream.recipe.urgent,
        "fields": stream.expressions,
        "tags": list(stream.recipe.tags),
        "write": dict(stream.write),
        "on_delete": stream.on_delete or "tag",
        "deleted_tag": customer.deleted_tag(name),
        "poll_minutes": stream.poll_minutes or customer.schedule.poll_minutes,
    }


def problem_entry(problem: Problem) -> dict[str, Any]:
    return {
        "file": shown_path(problem.file),
        "line": problem.line,
        "key": problem.key,
        "message": problem.message,
        "remedy": problem.remedy,
    }


def shown_path(path: Path) -> str:
    """The path as a person would type it: relative where the command was started."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
