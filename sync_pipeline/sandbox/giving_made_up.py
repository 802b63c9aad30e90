"""Made-up donors, plans and donations of the year before a given day. The same arguments give the same records."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sync_pipeline.sandbox.giving_tables import GivingTables, empty_giving_tables, giving_id
from sync_pipeline.sandbox.seed import made_up_name, made_up_phone
from sync_pipeline.sandbox.source_records import Row

_FUNDS = (("GEN", "General Fund"), ("FOOD", "Food Program"), ("BLDG", "Building Fund"), ("YOUTH", "Youth Program"))
_DONATIONS_PER_DONOR = 3
_A_YEAR = 365 * 86_400
_CENT = Decimal("0.01")


def made_up_giving(donations: int, seed: int, now: float, *, oddities: bool, invalid: int) -> GivingTables:
    """`invalid` of the donations have allocations that do not add up to the amount."""
    tables = empty_giving_tables()
    opened = giving_moment(now - 2 * _A_YEAR)
    for number, (code, name) in enumerate(_FUNDS, 1):
        fund = {"id": giving_id("funds", number), "code": code, "name": name, "is_active": True, "updated_at": opened}
        tables["funds"].put(fund)
    for number in range(1, -(-donations // _DONATIONS_PER_DONOR) + 1):
        donor = made_up_donor(number, seed, opened, gaps=oddities)
        tables["donors"].put(donor)
        if number % 4 == 0:
            tables["recurring_plans"].put(_plan(tables, donor, seed, now))
    for number in range(1, donations + 1):
        tables["donations"].put(made_up_donation(number, tables, seed, now, gaps=oddities))
    random = Random(seed)  # noqa: S311 - made-up data wants a repeatable draw
    for donation in random.sample(tables["donations"].all(), min(invalid, donations)):
        last = donation["allocations"][-1]
        last["amount"] = money(Decimal(last["amount"]) + 1)
    return tables


def made_up_donor(number: int, seed: int, at: str, *, gaps: bool) -> Row:
    """`gaps`: some have no email address or no telephone, and some addresses are written in capitals."""
    random = Random(f"{seed}:donor:{number}")  # noqa: S311 - as above
    first, last = made_up_name(random), made_up_name(random)
    email = f"{first}.{last}.{number}@example.org"
    return {
        "id": giving_id("donors", number),
        "first_name": first,
        "last_name": last,
        "email": None if gaps and number % 10 == 7 else email if gaps and number % 10 == 3 else email.lower(),
        "phone": None if gaps and number % 6 == 1 else made_up_phone(random),
        "address": {
            "line1": f"{random.randint(1, 980)} {made_up_name(random)} Street",
            "city": made_up_name(random),
            "state": random.choice(("IL", "WI", "IN")),
            "postal_code": f"6{random.randint(0, 9999):04d}",
            "country": "US",
        },
        "created_at": at,
        "updated_at": at,
    }


def made_up_donation(
    number: int, tables: GivingTables, seed: int, now: float, *, gaps: bool, at: str | None = None
) -> Row:
    """`at`: when it was given; without it some time in the last year. `gaps`: a missing comment may be empty text."""
    random = Random(f"{seed}:donation:{number}")  # noqa: S311 - as above
    donor = tables["donors"].known(giving_id("donors", random.randint(1, len(tables["donors"]))))
    plans = tables["recurring_plans"].where("donor_id", donor["id"])
    plan = plans[0] if plans and random.random() < 0.7 else None
    seconds_ago = random.randrange(3600, _A_YEAR)
    donated = at or giving_moment(now - seconds_ago)
    status = random.choices(("succeeded", "refunded", "pending", "failed"), (88, 5, 4, 3))[0]
    settled = giving_moment(now - seconds_ago // 2) if status == "refunded" and not at else donated
    method = "card" if plan else random.choices(("card", "ach", "check", "cash"), (70, 15, 10, 5))[0]
    amount = Decimal(plan["amount"]) if plan else Decimal(random.choice((1000, 2500, 5000, 12500, 10033))) / 100
    return {
        "id": giving_id("donations", number),
        "status": status,
        "amount": money(amount),
        "currency": "USD",
        "donated_at": donated,
        "updated_at": settled,
        "refunded_at": settled if status == "refunded" else None,
        "payment_method": method,
        "donor": donor_part(donor),
        "allocations": made_up_allocations(amount, random),
        "recurring_plan_id": plan and plan["id"],
        "frequency": plan and plan["interval"],
        "comment": random.choices((f"In memory of {made_up_name(random)}", "" if gaps else None, None), (1, 2, 7))[0],
        "anonymous": random.random() < 0.1,
        "check_number": str(random.randint(100, 9999)) if method == "check" else None,
    }


def made_up_allocations(amount: Decimal, random: Random) -> list[Row]:
    """To one, two or three funds; the shares are rounded down to cents, and the last takes what is left."""
    funds = random.sample(_FUNDS, random.choices((1, 2, 3), (7, 2, 1))[0])
    share = (amount / len(funds)).quantize(_CENT, rounding="ROUND_DOWN")
    shares = [share] * (len(funds) - 1) + [amount - share * (len(funds) - 1)]
    return [
        {"fund_code": code, "fund_name": name, "amount": money(part)}
        for (code, name), part in zip(funds, shares, strict=True)
    ]


def donor_part(donor: Row) -> dict[str, Any]:
    """The donor as a donation shows it."""
    return {name: donor[name] for name in ("id", "first_name", "last_name", "email", "phone", "address")}


def money(amount: Decimal) -> str:
    return str(amount.quantize(_CENT))


def giving_moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}Z"


def _plan(tables: GivingTables, donor: Row, seed: int, now: float) -> Row:
    number = tables["recurring_plans"].next_number
    random = Random(f"{seed}:plan:{number}")  # noqa: S311 - as above
    started = now - random.randrange(30 * 86_400, _A_YEAR)
    status = random.choices(("active", "paused", "cancelled"), (8, 1, 1))[0]
    changed = started + timedelta(days=20).total_seconds() if status != "active" else started
    return {
        "id": giving_id("recurring_plans", number),
        "donor_id": donor["id"],
        "amount": random.choice(("10.00", "25.00", "33.35")),
        "interval": random.choices(("monthly", "weekly", "yearly"), (8, 1, 1))[0],
        "status": status,
        "started_at": giving_moment(started),
        "cancelled_at": giving_moment(changed) if status == "cancelled" else None,
        "updated_at": giving_moment(changed),
    }
