"""Made-up organizations, campaigns, certificates and groups. The same arguments give the same records."""

from collections.abc import Sequence

from sync_pipeline.sandbox.seed import made_up_name
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_made_up_facts import random_of, times_of

_ROOT = 1


def made_up_organization(number: int, seed: int) -> Row:
    """Number 1 is the organization of the token, the others are its children."""
    random = random_of(seed, "organization", number)
    name = f"{made_up_name(random)} {'Foundation' if number == _ROOT else 'Chapter'}"
    slug = name.lower().replace(" ", "-")
    return {
        "id": number,
        "name": name,
        "slug": f"{slug}-{number}",
        "type": "NPO",
        "description": None,
        "email": f"office@{slug}.example.org",
        "phone": "(312) 555-0100",
        "groups_moniker": "Teams",
        "project_moniker": "Opportunities",
        "campaign_moniker": "Initiatives",
        "parent_id": None if number == _ROOT else _ROOT,
        **times_of(random),
        "deleted_at": None,
    }


def made_up_campaign(number: int, seed: int, organization: Row) -> Row:
    random = random_of(seed, "campaign", number)
    return {
        "type": "campaign",
        "id": number,
        "campaign_name": f"{made_up_name(random)} Initiative",
        "description": None,
        "url": f"https://volunteer.example.org/campaigns/{number}",
        "organization": organization["name"],
        "organization_slug": organization["slug"],
        "author_id": None,
        "logo_url": None,
        **times_of(random),
    }


def made_up_certificate(number: int, seed: int) -> Row:
    random = random_of(seed, "certificate", number)
    expires = random.choice((6, 12, 24, None))
    return {
        "type": "certificate",
        "id": number,
        "name": f"{made_up_name(random)} Training",
        "description": None,
        "expiration_months": expires,
        **times_of(random),
    }


def made_up_group(number: int, seed: int, users: Sequence[int]) -> Row:
    """Each third group is a subgroup of the one before. `members` is the truth behind /members, on no other page."""
    random = random_of(seed, "group", number)
    return {
        "id": number,
        "name": f"{made_up_name(random)} Team",
        "description": None,
        "has_subgroups": number % 3 == 2,
        "parent_id": number - 1 if number % 3 == 0 else None,
        "members": sorted(random.sample(users, min(len(users), random.randint(1, 20)))),
        **times_of(random),
    }
