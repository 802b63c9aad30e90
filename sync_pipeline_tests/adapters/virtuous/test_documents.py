"""Answers with a documented body: what is read from them, and what an unreadable one means."""

from typing import Any

import pytest

from sync_pipeline.domain.answer import Outcome
from sync_pipeline.domain.crm import contacts
from sync_pipeline.domain.crm.contacts import CrmContact
from sync_pipeline.domain.organization import Organization, WriteAccess
from sync_pipeline.domain.request import Reply
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
    def look_up(status: int, body: Any) -> tuple[CrmContact | None, Reply]:
        reply = ask(answering(status, body), lambda client: client.ask(contacts.by_reference("VOMO", "u-7")))
        return contacts.read_contact(reply.document), reply

    def test_a_contact_is_found(self) -> None:
        contact, reply = self.look_up(200, {"id": 9, "name": "x"})
        assert contact is not None
        assert (contact.contact_id, reply.is_accepted) == (9, True)

    @pytest.mark.parametrize("body", [{"name": "held"}, {"id": None}, {"id": 0}, [], None])
    def test_a_held_contact_has_no_id_yet(self, body: Any) -> None:
        contact, reply = self.look_up(200, body)
        assert (contact, reply.is_missing) == (None, False)

    def test_an_unknown_contact_is_missing(self) -> None:
        contact, reply = self.look_up(404, b"")
        assert (contact, reply.is_accepted, reply.is_missing) == (None, False, True)

    @pytest.mark.parametrize("body", [b"", b"oops", b'{"id": 9'])
    def test_an_unreadable_success_proves_no_absence(self, body: bytes) -> None:
        contact, reply = self.look_up(200, body)
        assert (contact, reply.answer.outcome) == (None, Outcome.NO_ANSWER)

    def test_a_large_contact_is_read_whole(self) -> None:
        _, reply = self.look_up(200, {"id": 9, "tags": ["x" * 100] * 5000})
        assert len(reply.document["tags"]) == 5000
