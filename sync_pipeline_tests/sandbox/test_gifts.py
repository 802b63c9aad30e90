"""Gift transactions: what is accepted, what a repeat does, and what an import makes of them."""

from typing import Any

import pytest

from sync_pipeline_tests.sandbox.records import GIFT, GIFTS, donate, gift, known_contact, read, truth
from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient


@pytest.fixture(autouse=True)
def _organization(sandbox: SandboxClient) -> None:
    sandbox.world.add_organization(VIRTUOUS, gift_batch_max=3)


def single(transaction_id: str = "don_1", **fields: Any) -> dict[str, Any]:
    return {"transactionSource": "GIVE"} | gift(transaction_id, **fields)


def test_an_accepted_gift_is_none_until_the_import(sandbox: SandboxClient) -> None:
    answer = sandbox.post(GIFT, single())
    held = sandbox.get("/api/Gift/GIVE/don_1", VIRTUOUS)

    assert (answer.status_code, answer.content) == (200, b"")
    assert (held.status_code, held.content) == (404, b"")
    assert sandbox.run_import() == {"imported": 1, "created": 1, "merged": 0, "held": 0}
    by_pair = read(sandbox, "/api/Gift/GIVE/don_1")
    assert read(sandbox, f"/api/Gift/{by_pair['id']}") == by_pair


def test_a_gift_reads_back_in_the_documented_shape(sandbox: SandboxClient) -> None:
    shares = [{"code": "GEN", "amountDesignated": "1000.5"}, {"name": "Roof", "amountDesignated": 234}]
    sandbox.post(GIFT, single(amount="1234.50", designations=shares, notes="thank you", batch="May"))
    sandbox.run_import()

    shown = read(sandbox, "/api/Gift/GIVE/don_1")

    assert (shown["transactionSource"], shown["transactionId"], shown["contactName"]) == ("GIVE", "don_1", "Ada Byron")
    assert (shown["amount"], shown["amountFormatted"]) == (1234.5, "$1,234.50")
    assert (shown["giftDate"], shown["giftDateFormatted"]) == ("2026-05-20T00:00:00", "5/20/2026")
    assert (shown["giftType"], shown["notes"], shown["batch"]) == ("Credit", "thank you", "May")
    assert [(one["projectCode"], one["amountDesignated"]) for one in shown["giftDesignations"]] == [
        ("GEN", 1000.5),
        (None, 234.0),
    ]


def test_a_held_gift_can_be_answered_as_pending_without_an_id(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, held_lookup="pending")
    donate(sandbox, gift())

    pending = read(sandbox, "/api/Gift/GIVE/don_1")

    assert "id" not in pending
    assert pending["transactionId"] == "don_1"
    assert sandbox.get("/api/Gift/GIVE/don_2", VIRTUOUS).status_code == 404


@pytest.mark.parametrize(
    ("fields", "refused_field"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "a lot", "designations": []}, "amount"),
        ({"amount": "-5", "designations": []}, "amount"),
        ({"giftDate": ""}, "giftDate"),
        ({"giftDate": "someday"}, "giftDate"),
        ({"giftType": None}, "giftType"),
        ({"giftType": "Shells"}, "giftType"),
        ({"designations": [{"code": "GEN", "amountDesignated": "124.99"}]}, "designations"),
        ({"designations": [{"code": "GEN"}]}, "designations"),
        ({"designations": "GEN"}, "designations"),
        ({"contact": []}, "contact"),
        ({"contact": {"email": ["a"]}}, "contact.email"),
        ({"customFields": [{"name": "Size"}]}, "customFields"),
    ],
)
def test_an_invalid_gift_is_refused_with_the_field_in_the_details(
    sandbox: SandboxClient, fields: dict[str, Any], refused_field: str
) -> None:
    answer = sandbox.post(GIFT, single(**fields))

    assert answer.status_code == 400
    assert refused_field in [detail["field"] for detail in answer.json()["error"]["details"]]
    assert sandbox.books()["gifts"] == {}


def test_one_invalid_row_refuses_the_whole_batch_and_is_not_named(sandbox: SandboxClient) -> None:
    answer = sandbox.post(GIFTS, {"transactionSource": "GIVE", "transactions": [gift("1"), gift("2", amount="1")]})

    assert (answer.status_code, answer.json()["error"]["details"]) == (400, [])
    assert (sandbox.books()["rows_received"], sandbox.books()["rows_accepted"], sandbox.books()["held"]) == (2, 0, 0)


def test_a_batch_has_a_maximum_and_must_be_an_object(sandbox: SandboxClient) -> None:
    assert donate(sandbox, *(gift(str(number)) for number in range(4))) == 413
    assert donate(sandbox, *(gift(str(number)) for number in range(3))) == 200
    assert set(sandbox.post(GIFTS, [gift()]).json()) == {"message", "modelState"}
    assert set(sandbox.post(GIFTS, {"transactions": 5}).json()) == {"message", "modelState"}
    assert set(sandbox.post(GIFTS, {"transactionSource": "GIVE"}).json()) == {"message"}


def test_a_batch_says_what_its_rows_leave_out(sandbox: SandboxClient) -> None:
    bare = gift(giftDate=None, giftType=None)

    assert donate(sandbox, bare) == 400
    assert donate(sandbox, bare, defaultGiftDate="5/1/2026", defaultGiftType="Check", batch="May") == 200
    sandbox.run_import()

    shown = read(sandbox, "/api/Gift/GIVE/don_1")
    assert (shown["giftDateFormatted"], shown["giftType"], shown["batch"]) == ("5/1/2026", "Check", "May")


def test_a_create_import_can_import_at_once(sandbox: SandboxClient) -> None:
    donate(sandbox, gift("1"), createImport=True)
    assert sandbox.books()["held"] == 1

    sandbox.world.change_organization(VIRTUOUS, create_import="at_once")
    donate(sandbox, gift("2"), createImport="true")
    assert sandbox.books()["held"] == 0


def test_a_repeated_id_is_silently_recognised_held_imported_and_within_a_batch(sandbox: SandboxClient) -> None:
    assert donate(sandbox, gift("1"), gift("1"), gift("2")) == 200
    assert donate(sandbox, gift("1")) == 200
    sandbox.run_import()
    assert sandbox.post(GIFT, single("2", amount="9", designations=[])).status_code == 200
    sandbox.run_import()

    assert sandbox.books()["gifts"] == {
        "GIVE/1": {"records": 1, "repeats": 2, "held": 0},
        "GIVE/2": {"records": 1, "repeats": 1, "held": 0},
    }
    assert [one["amount"] for one in truth(sandbox, "gifts")] == ["125.00", "125.00"]
    assert sandbox.books()["duplicate_gifts"] == 0


def test_a_repeated_id_can_refuse_the_whole_batch(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, repeated_gift="refused")

    assert donate(sandbox, gift("1"), gift("1")) == 400
    assert donate(sandbox, gift("1")) == 200
    sandbox.run_import()
    assert donate(sandbox, gift("1"), gift("2")) == 400
    assert sandbox.post(GIFT, single("1")).status_code == 400

    assert sandbox.books()["gifts"] == {"GIVE/1": {"records": 1, "repeats": 3, "held": 0}}


def test_the_same_id_of_another_source_is_another_gift(sandbox: SandboxClient) -> None:
    donate(sandbox, gift("1"))
    donate(sandbox, gift("1"), transactionSource="SHOP")
    sandbox.run_import()

    assert sandbox.books()["gifts"].keys() == {"GIVE/1", "SHOP/1"}


def test_gifts_without_an_id_are_never_recognised(sandbox: SandboxClient) -> None:
    donate(sandbox, gift(transactionId=None), gift(transactionId=None))
    sandbox.run_import()

    assert len(truth(sandbox, "gifts")) == 2
    assert sandbox.books()["duplicate_gifts"] == 1


def test_a_donor_is_matched_by_id_then_reference_then_email(sandbox: SandboxClient) -> None:
    first, second = (known_contact(sandbox, number, email=f"{number}@example.org") for number in "12")
    by_email = {"contact": {"email": "2@EXAMPLE.org", "referenceId": "d2", "tags": "Donor"}}

    donate(sandbox, gift("a", contact={"id": first, "email": "2@example.org"}), gift("b", **by_email))
    donate(sandbox, gift("c", contact={"referenceId": "d2", "email": "1@example.org"}))
    sandbox.run_import()

    assert [one["contactId"] for one in truth(sandbox, "gifts")] == [first, second, second]
    donor = read(sandbox, "/api/Contact/GIVE/d2")
    assert (donor["id"], donor["tags"], donor["name"]) == (second, ["Donor"], "Ada Byron")


def test_an_unknown_donor_becomes_a_contact_by_the_lower_case_names(sandbox: SandboxClient) -> None:
    address = {"address1": "1 Main St", "city": "Kansas City"}
    donor = {"referenceId": "d9", "firstname": "Grace", "lastname": "Hopper", "address": address, "type": "Household"}
    donate(sandbox, gift(contact=donor))
    sandbox.run_import()

    made = read(sandbox, "/api/Contact/GIVE/d9")
    assert (made["name"], made["contactType"], made["address"]["city"]) == ("Grace Hopper", "Household", "Kansas City")


def test_a_gift_without_a_donor_stays_held(sandbox: SandboxClient) -> None:
    donate(sandbox, gift("1", contact=None), gift("2", contact={"firstName": "Ada", "lastName": "Byron"}))

    assert sandbox.run_import() == {"imported": 0, "created": 0, "merged": 0, "held": 2}
    assert sandbox.books()["gifts"]["GIVE/1"] == {"records": 0, "repeats": 0, "held": 1}
    assert sandbox.books()["unknown_fields"] == {"contact.firstName": 1, "contact.lastName": 1}


def test_unmatched_donors_can_wait_for_staff(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, unmatched_gifts="held")
    donate(sandbox, gift())
    assert sandbox.run_import()["held"] == 1

    known_contact(sandbox, email="ada@example.org")
    assert sandbox.books()["gifts"]["GIVE/don_1"]["records"] == 1


def test_the_guides_field_names_leave_a_gift_without_split(sandbox: SandboxClient) -> None:
    wrong = gift(designations=None, giftDesignations=[{"projectCode": "GEN", "amount": "5"}])
    half = gift("2", designations=[{"projectCode": "GEN", "amountDesignated": "125"}])

    assert donate(sandbox, wrong, half) == 200
    sandbox.run_import()

    assert read(sandbox, "/api/Gift/GIVE/don_1")["giftDesignations"] == []
    assert sandbox.books()["unknown_fields"] == {"giftDesignations": 1, "designations.projectCode": 1}


def test_an_organization_can_know_its_projects_and_demand_a_frequency(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, project_codes=["ROOF"], frequency_required=True)
    on_the_roof = [{"code": "ROOF", "amountDesignated": "125"}]

    assert donate(sandbox, gift(frequency="OneTime")) == 400
    assert donate(sandbox, gift(designations=on_the_roof)) == 400
    assert donate(sandbox, gift(designations=on_the_roof, frequency="OneTime")) == 200


def test_gifts_of_a_contact_are_display_strings_ten_at_a_time(sandbox: SandboxClient) -> None:
    sandbox.world.change_organization(VIRTUOUS, gift_batch_max=20)
    amounts = [str(10 + number) for number in range(12)]
    donate(sandbox, *(gift(one, amount=one, designations=[]) for one in amounts))
    sandbox.run_import()
    contact_id = truth(sandbox, "gifts")[0]["contactId"]
    path = f"/api/Gift/ByContact/{contact_id}"

    page = read(sandbox, path)
    newest = read(sandbox, f"{path}?sortBy=Id&descending=true&take=1")
    dearest = read(sandbox, f"{path}?sortBy=Amount&descending=true&skip=1&take=2")

    assert (len(page["list"]), page["total"]) == (10, 12)
    assert (page["list"][0]["amount"], page["list"][0]["giftDate"]) == ("$10.00", "5/20/2026")
    assert newest["list"][0]["amount"] == "$21.00"
    assert [one["amount"] for one in dearest["list"]] == ["$20.00", "$19.00"]
    assert read(sandbox, "/api/Gift/ByContact/1") == {"list": [], "total": 0}
    for asked in ("take=1001", "take=x", "skip=-1", "sortBy=Mood"):
        assert sandbox.get(f"{path}?{asked}", VIRTUOUS).status_code == 400
