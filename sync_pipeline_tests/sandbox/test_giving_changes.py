"""What happens to donations after they were given, and how a test makes it happen."""

import pytest

from sync_pipeline_tests.sandbox.giving_support import GIVING, Row, adds_up, giving_get, ids, read_all
from sync_pipeline_tests.sandbox.support import NOON, SandboxClient


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_giving_organization(GIVING, donations=100)


def donations(sandbox: SandboxClient) -> dict[str, Row]:
    return {donation["id"]: donation for donation in sandbox.world.giving_donations(GIVING)}


def test_a_change_touches_what_was_asked_for_and_moves_the_time(sandbox: SandboxClient) -> None:
    before = donations(sandbox)

    touched = sandbox.control("POST", f"giving/change?token={GIVING}&add=3&refund=4&edit=5&remove=2&seed=9")

    after = donations(sandbox)
    assert [len(touched[kind]) for kind in ("added", "refunded", "edited", "removed")] == [3, 4, 5, 2]
    assert touched["added"] == ["don_000101", "don_000102", "don_000103"]
    assert after.keys() == before.keys() - set(touched["removed"]) | set(touched["added"])
    assert {after[one]["status"] for one in touched["refunded"]} == {"refunded"}
    assert {after[one]["refunded_at"] for one in touched["refunded"]} == {touched["updated_at"]}
    assert all(after[one]["allocations"] != before[one]["allocations"] for one in touched["edited"])
    assert all(adds_up(donation) for donation in after.values())
    changed = sorted(touched["added"] + touched["refunded"] + touched["edited"])
    assert ids(read_all(sandbox, "donations", updated_since=touched["updated_at"])) == changed


def test_new_donations_have_succeeded_just_now(sandbox: SandboxClient) -> None:
    touched = sandbox.world.change_giving(GIVING, add=20)

    added = [donations(sandbox)[one] for one in touched["added"]]
    assert {donation["status"] for donation in added} == {"succeeded"}
    assert {donation["donated_at"] for donation in added} == {"2026-05-28T20:26:40Z"}


def test_every_change_is_later_than_the_one_before_even_if_the_clock_stands(sandbox: SandboxClient) -> None:
    sandbox.clock.time = NOON + 0.9

    moments = [sandbox.world.change_giving(GIVING, edit=1)["updated_at"] for _ in range(3)]

    assert moments == [f"2026-05-28T20:26:4{second}Z" for second in range(3)]


def test_the_same_seed_makes_and_changes_the_same_donations(sandbox: SandboxClient) -> None:
    for token, seed in (("a", 1), ("b", 1), ("c", 2)):
        sandbox.world.add_giving_organization(token, donations=30, seed=seed)
        sandbox.world.change_giving(token, add=2, refund=3, edit=4, seed=5)
    a, b, c = (sandbox.world.giving_donations(token) for token in ("a", "b", "c"))

    assert a == b
    assert a != c


def test_one_donation_can_be_set_to_an_exact_value(sandbox: SandboxClient) -> None:
    sandbox.control("PATCH", f"giving/donations?token={GIVING}&id=don_000007", {"comment": "For the garden"})

    assert donations(sandbox)["don_000007"]["comment"] == "For the garden"
    assert ids(read_all(sandbox, "donations", updated_since="2026-05-28T20:26:40Z")) == ["don_000007"]
    for path in (f"donations?token={GIVING}&id=don_9", f"donations?token={GIVING}&id=don_000007", "pledges?token=x"):
        assert sandbox.request("PATCH", f"/sandbox/giving/{path}", json={"colour": "red"}).status_code == 400


def test_a_donors_new_name_shows_in_the_donations_without_moving_their_time(sandbox: SandboxClient) -> None:
    before = donations(sandbox)["don_000001"]
    sandbox.world.edit_giving(GIVING, "donors", before["donor"]["id"], last_name="Byron")

    shown = giving_get(sandbox, "donations").json()["data"][0]

    assert (shown["donor"]["last_name"], shown["updated_at"]) == ("Byron", before["updated_at"])
    assert ids(read_all(sandbox, "donors", updated_since="2026-05-28T20:26:40Z")) == [before["donor"]["id"]]


def test_an_organization_nobody_knows_is_not_found(sandbox: SandboxClient) -> None:
    for path in ("giving?token=nobody", "giving/donors?token=nobody", "books?token=nobody"):
        assert sandbox.request("GET", f"/sandbox/{path}").status_code == 404
