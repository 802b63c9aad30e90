"""Made-up forms, completions, and profile fields of users. The same arguments give the same records."""

from random import Random

from sync_pipeline.sandbox.seed import made_up_name
from sync_pipeline.sandbox.source_records import Row
from sync_pipeline.sandbox.vomo_made_up_facts import random_of, times_of

_FIELD_KINDS = ("SHORTTEXT", "LONGTEXT", "DROPDOWN", "WAIVER")
_PROFILE_FIELDS = ("T-shirt size", "Emergency contact", "Dietary needs", "Heard about us")
_FIELDS_PER_FORM = 3


def made_up_form(number: int, seed: int) -> Row:
    random = random_of(seed, "form", number)
    name = f"{made_up_name(random)} Form"
    return {
        "type": "form",
        "id": number,
        "name": name,
        "description": None,
        "form_type": random.choice(("GENERAL", "PROJECT")),
        "slug": name.lower().replace(" ", "-"),
        "author_id": None,
        "fields": [_field(number, position, random) for position in range(1, _FIELDS_PER_FORM + 1)],
        **times_of(random),
    }


def made_up_completion(number: int, seed: int, form: Row, user_id: int, participation: Row | None) -> Row:
    random = random_of(seed, "completion", number)
    times = times_of(random)
    if participation:
        times = dict.fromkeys(times, participation["signed_up_at"])
    answers = [
        {
            "type": "field_response",
            "id": number * 10 + position,
            "form_completion_id": number,
            "user_id": user_id,
            "field_id": field["id"],
            "value": made_up_name(random),
        }
        for position, field in enumerate(form["fields"], 1)
    ]
    return {
        "type": "form_completion",
        "id": number,
        "form_id": form["id"],
        "user_id": user_id,
        "project_id": participation and participation["project_id"],
        "participation_id": participation and participation["id"],
        "field_responses": answers,
        **times,
    }


def made_up_profile(user_id: int, seed: int, fields: int) -> list[Row]:
    """The first `fields` of four profile fields, with what this user has filled in."""
    random = random_of(seed, "profile", user_id)
    return [
        {"type": "profile_field_value", "id": user_id * 10 + number, "field_id": number, "name": name, "value": value}
        for number, name in enumerate(_PROFILE_FIELDS[:fields], 1)
        if (value := made_up_name(random)) and random.random() < 0.8
    ]


def _field(form: int, position: int, random: Random) -> Row:
    kind = random.choice(_FIELD_KINDS)
    options = [made_up_name(random) for _ in range(3)] if kind == "DROPDOWN" else []
    label = f"{made_up_name(random)}?"
    return {
        "type": "form_field",
        "id": form * 10 + position,
        "form_id": form,
        "kind": kind,
        "label": label,
        "options": options,
    }
