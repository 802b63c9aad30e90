"""A customer whose night begins at a known time."""

from sync_pipeline.domain.configuration import Customer


def customer(zone: str, nightly: str = "auto", name: str = "a") -> Customer:
    connector = {
        "connector": "people-api",
        "base_url": "https://people.example.org",
        "streams": {"people": {"path": "/people", "key": ["id"]}},
    }
    recipe = {"recipe": "people", "writes": "contact", "reference": "id", "fields": {"firstName": "name"}}
    return Customer.model_validate(
        {
            "id": name,
            "name": "Riverside",
            "timezone": zone,
            "destination": {"token": "env:TOKEN"},
            "sources": {"people": {"connector": connector, "token": "env:TOKEN", "reference_source": "PEOPLE"}},
            "streams": {"people": {"source": "people", "recipe": recipe}},
            "schedule": {"nightly": nightly, "window": ("22:00", "05:00")},
        }
    )
