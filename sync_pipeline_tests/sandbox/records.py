"""Gifts, notes and hours as they are written, and what an organization truly has."""

from typing import Any

from sync_pipeline_tests.sandbox.support import VIRTUOUS, SandboxClient, contact

GIFT = "/api/v2/Gift/Transaction"
GIFTS = "/api/v2/Gift/Transactions"
NOTE = "/api/ContactNote"
OPPORTUNITY = "/api/VolunteerOpportunity"
SHIFT = {"timeZone": "America/Chicago", "hours": "2.5", "startDateTimeUtc": "2026-05-20T14:00:00Z"}


def gift(transaction_id: str = "don_1", **fields: Any) -> dict[str, Any]:
    """A gift as it stands in a batch."""
    return {
        "transactionId": transaction_id,
        "giftDate": "2026-05-20",
        "giftType": "Credit",
        "amount": "125.00",
        "designations": [{"code": "GEN", "amountDesignated": "125.00"}],
        "contact": {"referenceId": "d1", "firstname": "Ada", "lastname": "Byron", "email": "ada@example.org"},
    } | fields


def donate(sandbox: SandboxClient, *gifts: dict[str, Any], **body: Any) -> int:
    return sandbox.post(GIFTS, {"transactionSource": "GIVE", "transactions": list(gifts)} | body).status_code


def known_contact(sandbox: SandboxClient, reference_id: str = "1", **fields: Any) -> int:
    """Imports one contact and gives its id."""
    sandbox.batch(contact(reference_id, **fields))
    sandbox.run_import()
    return read(sandbox, f"/api/Contact/VOMO/{reference_id}")["id"]


def read(sandbox: SandboxClient, path: str) -> Any:
    answer = sandbox.get(path, VIRTUOUS)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.json()


def write(sandbox: SandboxClient, method: str, path: str, json: Any = None) -> int:
    return sandbox.request(method, path, token=VIRTUOUS, json=json).status_code


def truth(sandbox: SandboxClient, kind: str) -> Any:
    return sandbox.control("GET", f"virtuous/{kind}?token={VIRTUOUS}")


def staff(sandbox: SandboxClient, action: str, json: Any = None, **asked: object) -> None:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    sandbox.control("POST", f"staff/{action}?token={VIRTUOUS}&{query}", json)


def serving(sandbox: SandboxClient, name: str = "Sorting food") -> tuple[int, int]:
    """An opportunity and a volunteer of it."""
    individual = read(sandbox, f"/api/Contact/{known_contact(sandbox)}")["contactIndividuals"][0]["id"]
    opportunity = sandbox.post(OPPORTUNITY, {"name": name}).json()["id"]
    joined = sandbox.post(f"{OPPORTUNITY}/{opportunity}/Volunteers", {"contactIndividualId": individual})
    return opportunity, joined.json()["id"]
