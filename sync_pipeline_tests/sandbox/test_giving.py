"""The giving platform: keys, cursors, filters, limits, faults."""

from typing import Any

import httpx
import pytest

from sync_pipeline.sandbox.world import default_world
from sync_pipeline_tests.sandbox.giving_support import GIVING, adds_up, giving_get, ids, read_all
from sync_pipeline_tests.sandbox.support import SandboxClient


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.control("POST", "giving/organizations", {"token": GIVING, "donations": 120, "seed": 1})


def arm(sandbox: SandboxClient, kind: str, **more: Any) -> None:
    sandbox.control("POST", "faults", {"side": "giving", "kind": kind, "times": 1, **more})


def test_the_key_travels_in_its_own_header(sandbox: SandboxClient) -> None:
    refused = giving_get(sandbox, "donations", key="nobody")

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
    assert sandbox.get("/giving/v1/donations", GIVING).status_code == 401
    assert giving_get(sandbox, "donations").status_code == 200
    assert sandbox.books(GIVING)["requests"] == {"GET /giving/v1/donations": 1}
    assert sandbox.control("GET", "books")["organizations"].keys() == {GIVING}


def test_a_page_has_fifty_rows_and_a_cursor_to_the_next(sandbox: SandboxClient) -> None:
    first = giving_get(sandbox, "donations").json()
    last = giving_get(sandbox, "donations", limit="100", cursor=first["next_cursor"]).json()

    assert ids(first["data"])[::49] == ["don_000001", "don_000050"]
    assert first["has_more"] is True
    assert (ids(last["data"])[0], len(last["data"])) == ("don_000051", 70)
    assert (last["next_cursor"], last["has_more"]) == (None, False)


def test_following_the_cursors_reads_everything_once(sandbox: SandboxClient) -> None:
    truth = sandbox.control("GET", f"giving?token={GIVING}")

    assert read_all(sandbox, "donations", limit="7") == truth == sandbox.world.giving_donations(GIVING)
    for kind, number in (("donors", 40), ("recurring_plans", 10), ("funds", 4)):
        rows = read_all(sandbox, kind, limit="3")
        assert rows == sandbox.control("GET", f"giving/{kind}?token={GIVING}")
        assert len(rows) == number


def test_rows_that_come_or_go_meanwhile_shift_no_page(sandbox: SandboxClient) -> None:
    first = giving_get(sandbox, "donations").json()
    sandbox.world.change_giving(GIVING, add=1, remove=5, seed=2)

    rest = read_all(sandbox, "donations", cursor=first["next_cursor"])

    present = ids(sandbox.world.giving_donations(GIVING))
    assert ids(rest) == [one for one in present if one > "don_000050"]


@pytest.mark.parametrize(
    "asked", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "x"}, {"updated_since": "1 May"}]
)
def test_what_cannot_be_asked_is_refused(sandbox: SandboxClient, asked: dict[str, str]) -> None:
    answer = giving_get(sandbox, "donations", **asked)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert giving_get(sandbox, "pledges").status_code == 404


def test_the_time_filter_includes_the_very_moment(sandbox: SandboxClient) -> None:
    truth = sandbox.world.giving_donations(GIVING)
    moment = sorted(one["updated_at"] for one in truth)[60]
    expected = [one["id"] for one in truth if one["updated_at"] >= moment]

    assert ids(read_all(sandbox, "donations", updated_since=moment, limit="20")) == expected
    assert ids(read_all(sandbox, "donations", updated_since=moment.replace("Z", "+00:00"))) == expected


def test_a_donation_has_the_documented_fields_and_adds_up(sandbox: SandboxClient) -> None:
    rows = read_all(sandbox, "donations")

    assert list(rows[0]) == [
        *("id", "status", "amount", "currency", "donated_at", "updated_at", "refunded_at", "payment_method", "donor"),
        *("allocations", "recurring_plan_id", "frequency", "comment", "anonymous", "check_number"),
    ]
    assert all(adds_up(donation) for donation in rows)
    assert {len(donation["allocations"]) for donation in rows} == {1, 2, 3}
    assert {donation["status"] for donation in rows} == {"succeeded", "refunded", "pending", "failed"}
    assert all((donation["refunded_at"] is None) == (donation["status"] != "refunded") for donation in rows)
    assert all((donation["check_number"] is None) == (donation["payment_method"] != "check") for donation in rows)


def test_plans_and_donors_agree_with_their_donations(sandbox: SandboxClient) -> None:
    donors = {donor["id"]: donor for donor in read_all(sandbox, "donors")}
    plans = {plan["id"]: plan for plan in read_all(sandbox, "recurring_plans")}
    rows = read_all(sandbox, "donations")
    recurring = [donation for donation in rows if donation["recurring_plan_id"]]

    assert all(donation["donor"].items() <= donors[donation["donor"]["id"]].items() for donation in rows)
    assert recurring
    for donation in recurring:
        plan = plans[donation["recurring_plan_id"]]
        assert (plan["donor_id"], plan["amount"]) == (donation["donor"]["id"], donation["amount"])
        assert plan["interval"] == donation["frequency"]
    assert all((plan["cancelled_at"] is None) == (plan["status"] != "cancelled") for plan in plans.values())


def test_gaps_and_wrong_sums_are_made_only_when_asked_for(sandbox: SandboxClient) -> None:
    sandbox.world.add_giving_organization("plain", donations=90, oddities=False, invalid=4)
    plain, odd = sandbox.world.giving_donations("plain"), sandbox.world.giving_donations(GIVING)

    assert len([donation for donation in plain if not adds_up(donation)]) == 4
    assert None in {donation["donor"]["email"] for donation in odd}
    assert None not in {donation["donor"]["email"] for donation in plain}
    assert "" in {donation["comment"] for donation in odd}


def test_too_many_requests_in_a_minute_are_told_to_wait(sandbox: SandboxClient) -> None:
    sandbox.control("PATCH", f"giving/organizations?token={GIVING}", {"rate_limit": 2})

    answers = [giving_get(sandbox, "funds") for _ in range(3)]
    sandbox.clock.time += int(answers[2].headers["Retry-After"])

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"
    assert giving_get(sandbox, "funds").status_code == 200


def test_pages_can_go_wrong_in_each_way(sandbox: SandboxClient) -> None:
    whole = giving_get(sandbox, "donations")
    cursor = whole.json()["next_cursor"]

    def page(kind: str, **asked: str) -> httpx.Response:
        arm(sandbox, kind)
        return giving_get(sandbox, "donations", **asked)

    assert page("repeated_cursor", cursor=cursor).json()["next_cursor"] == cursor
    again = page("repeated_cursor").json()["next_cursor"]
    assert giving_get(sandbox, "donations", cursor=again).json() == whole.json()
    assert page("empty_cursor").json() == whole.json() | {"next_cursor": "", "has_more": True}
    assert page("empty_page").json() == whole.json() | {"data": []}
    assert len(page("missing_rows").json()["data"]) == 25
    assert "data" not in page("wrong_shape").json()
    assert whole.content.startswith(page("truncated_page").content)
    with pytest.raises(ValueError, match="Expecting value"):
        page("malformed").json()


def test_a_key_can_be_refused_and_a_wait_asked_for(sandbox: SandboxClient) -> None:
    arm(sandbox, "unauthorized")
    arm(sandbox, "rate_limited", retry_after=30)

    refused, asked_to_wait = giving_get(sandbox, "donors"), giving_get(sandbox, "donors")

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
    assert (asked_to_wait.status_code, asked_to_wait.headers["Retry-After"]) == (429, "30")


@pytest.mark.parametrize(("side", "kind"), [("giving", "foreign_link"), ("vomo", "empty_cursor")])
def test_a_fault_that_the_pages_of_a_side_cannot_have_is_refused(sandbox: SandboxClient, side: str, kind: str) -> None:
    assert sandbox.request("POST", "/sandbox/faults", json={"side": side, "kind": kind}).status_code == 400


def test_the_demo_fleet_has_donations_and_volunteers_at_work() -> None:
    world = default_world()

    assert len(world.giving_donations("demo-riverside-food-bank-giving")) == 300
    assert len(world.vomo_participations("demo-harbor-shelter-vomo")) == 64
    assert len(world.vomo_completions("demo-harbor-shelter-vomo")) == 12
    assert world.vomo_projects("demo-maple-street-library-vomo") == []
