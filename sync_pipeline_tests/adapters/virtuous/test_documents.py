"""Answers with a documented body: what is read from them, and what an unreadable one means."""

from typing import Any

import pytest

from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.organization import Organization, WriteAccess
from sync_pipeline_tests.adapters.virtuous.asking import answering, ask


class TestOrganization:
    def test_the_documented_answer_is_read(self) -> None:
        body = {
            "organizationUserId": 41,
            "organizationName": "Riverside (Sandbox)",
            "organizationTimeZone": "America/Chicago",
            "isEnabled": True,
        }
        organization, answer = ask(answering(200, body), lambda client: client.organization())
        assert organization == Organization(41, "Riverside (Sandbox)", "America/Chicago", is_enabled=True)
        assert answer.outcome is Outcome.ACCEPTED

    def test_only_the_id_is_indispensable_and_text_is_as_good_as_a_number(self) -> None:
        organization, _ = ask(answering(200, {"organizationUserId": "41"}), lambda client: client.organization())
        assert organization == Organization(41, "", None, is_enabled=True)

    @pytest.mark.parametrize(
        ("value", "enabled"), [(False, False), ("False", False), (0, False), (None, True), (True, True)]
    )
    def test_an_organization_is_enabled_unless_the_answer_says_no(self, value: Any, enabled: bool) -> None:
        body = {"organizationUserId": 41, "isEnabled": value}
        organization, _ = ask(answering(200, body), lambda client: client.organization())
        assert organization is not None
        assert organization.is_enabled is enabled

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"organizationUserId": true}', b"[" * 99_999])
    def test_a_success_without_the_document_is_no_answer(self, body: bytes) -> None:
        organization, answer = ask(answering(200, body), lambda client: client.organization())
        assert (organization, answer.outcome) == (None, Outcome.NO_ANSWER)
        assert answer.detail == "200 with an unreadable body"

    def test_a_bad_token_is_unauthorized(self) -> None:
        organization, answer = ask(answering(401, b"denied"), lambda client: client.organization())
        assert (organization, answer.outcome, answer.detail) == (None, Outcome.UNAUTHORIZED, "401: denied")


class TestWriteAccess:
    def test_a_key_that_may_not_write_is_seen(self) -> None:
        body = {"list": [{"module": "Contact", "action": "Create", "allowed": False}]}
        access, answer = ask(answering(200, body), lambda client: client.contact_write_access())
        assert (access, answer.outcome) == (WriteAccess.REFUSED, Outcome.ACCEPTED)

    @pytest.mark.parametrize(
        ("status", "body", "outcome"),
        [
            (404, b"", Outcome.REFUSED),
            (403, b"", Outcome.UNAUTHORIZED),
            (200, b"", Outcome.NO_ANSWER),
            (200, b"yes", Outcome.NO_ANSWER),
            (200, b"{}", Outcome.ACCEPTED),
        ],
    )
    def test_any_other_answer_leaves_it_unknown(self, status: int, body: bytes, outcome: Outcome) -> None:
        access, answer = ask(answering(status, body), lambda client: client.contact_write_access())
        assert (access, answer.outcome) == (WriteAccess.UNKNOWN, outcome)


class TestLookUp:
    @staticmethod
    def look_up(status: int, body: Any) -> tuple[dict[str, Any] | None, Answer]:
        return ask(answering(status, body), lambda client: client.contact_by_reference("VOMO", "u-7"))

    def test_a_contact_is_found(self) -> None:
        contact, answer = self.look_up(200, {"id": 9, "name": "x"})
        assert (contact, answer.outcome) == ({"id": 9, "name": "x"}, Outcome.ACCEPTED)

    @pytest.mark.parametrize(
        ("status", "body"), [(404, b""), (200, {"name": "held"}), (200, {"id": None}), (200, {"id": 0})]
    )
    def test_a_held_or_unknown_contact_is_refused_not_accepted(self, status: int, body: Any) -> None:
        contact, answer = self.look_up(status, body)
        assert (contact, answer.outcome, answer.status) == (None, Outcome.REFUSED, status)

    @pytest.mark.parametrize("body", [b"", b"oops", b"[]", b"null", b'{"id": 9'])
    def test_an_unreadable_success_proves_no_absence(self, body: bytes) -> None:
        contact, answer = self.look_up(200, body)
        assert (contact, answer.outcome) == (None, Outcome.NO_ANSWER)

    def test_a_large_contact_is_read_whole(self) -> None:
        contact, _ = self.look_up(200, {"id": 9, "tags": ["x" * 100] * 5000})
        assert contact is not None
        assert len(contact["tags"]) == 5000
