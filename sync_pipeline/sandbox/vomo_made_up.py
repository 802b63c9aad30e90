"""A whole made-up VOMO organization of a given size."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sync_pipeline.sandbox.vomo_made_up_forms import made_up_completion, made_up_form
from sync_pipeline.sandbox.vomo_made_up_groups import (
    made_up_campaign,
    made_up_certificate,
    made_up_group,
    made_up_organization,
)
from sync_pipeline.sandbox.vomo_made_up_projects import made_up_date, made_up_participations, made_up_project
from sync_pipeline.sandbox.vomo_tables import Tables, empty_tables


@dataclass(frozen=True)
class Sizes:
    """How many of each. `completions` counts them all, spread over the forms; `profile_fields`: per user, 4 at most.

    Of the projects the last `anytime` have no dates, and the first `drafts` are unpublished. `children`: organizations
    below the token's own, among which the projects are shared out.
    """

    projects: int = 0
    dates_per_project: int = 0
    participations_per_date: int = 0
    anytime: int = 0
    drafts: int = 0
    forms: int = 0
    completions: int = 0
    groups: int = 0
    campaigns: int = 0
    certificates: int = 0
    children: int = 0
    profile_fields: int = 0


def made_up_tables(sizes: Sizes, seed: int, users: Sequence[int], now: float) -> Tables:
    tables = empty_tables()
    for number in range(1, sizes.children + 2):
        tables["organizations"].put(made_up_organization(number, seed))
    own = tables["organizations"].known(1)
    for number in range(1, sizes.campaigns + 1):
        tables["campaigns"].put(made_up_campaign(number, seed, own))
    for number in range(1, sizes.certificates + 1):
        tables["certificates"].put(made_up_certificate(number, seed))
    for number in range(1, sizes.groups + 1):
        tables["groups"].put(made_up_group(number, seed, users))
    _put_projects(tables, sizes, seed, users)
    _put_schedule(tables, sizes, seed, users, now)
    _put_forms(tables, sizes, seed, users)
    return tables


def _put_projects(tables: Tables, sizes: Sizes, seed: int, users: Sequence[int]) -> None:
    organizations, campaigns = tables["organizations"].all(), tables["campaigns"].all()
    for number in range(1, sizes.projects + 1):
        project = made_up_project(number, seed, organizations[number % len(organizations)], campaigns, users)
        project["anytime"] = number > sizes.projects - sizes.anytime
        if number <= sizes.drafts:
            project |= {"draft": True, "published_at": None}
        tables["projects"].put(project)


def _put_schedule(tables: Tables, sizes: Sizes, seed: int, users: Sequence[int], now: float) -> None:
    dates, participations = tables["project_dates"], tables["participations"]
    for project in tables["projects"].all():
        for position in range(0 if project["anytime"] else sizes.dates_per_project):
            date = made_up_date(dates.next_number, seed, project, position, now)
            dates.put(date)
            first, wanted = participations.next_number, sizes.participations_per_date
            for participation in made_up_participations(first, seed, date, wanted, users, now):
                participations.put(participation)


def _put_forms(tables: Tables, sizes: Sizes, seed: int, users: Sequence[int]) -> None:
    """Each second completion belongs to a participation, as a waiver signed on the day does."""
    for number in range(1, sizes.forms + 1):
        tables["forms"].put(made_up_form(number, seed))
    forms, participations = tables["forms"].all(), tables["participations"].all()
    random = Random(f"{seed}:completions")  # noqa: S311 - made-up data wants a repeatable draw
    for number in range(1, sizes.completions + 1 if forms and users else 1):
        form = forms[number % len(forms)]
        participation = random.choice(participations) if participations and number % 2 else None
        user_id = participation["user_id"] if participation else random.choice(users)
        tables["completions"].put(made_up_completion(number, seed, form, user_id, participation))
