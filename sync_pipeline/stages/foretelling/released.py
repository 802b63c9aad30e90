"""What waits now and would be sent: which requests it takes, when everybody whom Virtuous accepted is there by then.

An import may not have run, and what is looked for may be there already: then a run sends fewer.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sync_pipeline.domain.backlog import ForetoldRequest, OpenOperation
from sync_pipeline.domain.change import Action
from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.crm import contacts, gifts, notes, tags, volunteers
from sync_pipeline.domain.needs import Need
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.request import Request
from sync_pipeline.ports import CrmIds

CONTACT_CALLS: Mapping[str, tuple[Request, ...]] = {
    Action.ARCHIVE: (contacts.archive(0, ""),),
    Action.UNARCHIVE: (contacts.unarchive(0),),
    Action.TAG: (tags.of_contact(0), tags.remove(0)),
}
AcceptedPeople = Callable[[Collection[Need]], Mapping[Need, datetime | None]]


def released(
    operations: Sequence[OpenOperation], crm_ids: CrmIds, accepted_people: AcceptedPeople, customer: Customer
) -> list[ForetoldRequest]:
    """The requests that find what is awaited, and those that send what goes on then."""
    return list(_Released(operations, crm_ids, accepted_people, customer).requests())


class _Released:
    def __init__(
        self, operations: Sequence[OpenOperation], crm_ids: CrmIds, accepted_people: AcceptedPeople, customer: Customer
    ) -> None:
        self._waiting = [operation for operation in operations if operation.state == State.WAITING]
        self._customer = customer
        needs = {need for operation in self._waiting for need in operation.needs}
        on_their_way = {
            Need(operation.kind, operation.reference_source, operation.reference_id)
            for operation in operations
            if operation.endpoint in (contacts.TRANSACTION, contacts.ALONE)
        }
        self._known = set(crm_ids.known(customer.id, needs))
        people = {need for need in needs if need.kind == "contact"} - self._known
        accepted = accepted_people(people)
        self._awaited = {need for need, when in accepted.items() if when is not None or need not in on_their_way}
        self._there = self._known | self._awaited

    def requests(self) -> Iterator[ForetoldRequest]:
        yield from self._looks_for_people()
        yield from self._opportunities()
        for operation in self._of("contact"):
            yield from _calls(1, *CONTACT_CALLS[operation.action])
        reversals = self._of("gift")
        yield from _calls(
            sum(operation.needs[0] not in self._known for operation in reversals), gifts.by_transaction("", "")
        )
        yield from _calls(len(reversals), gifts.reversal(0, "", ""))
        yield from self._hours()
        yield from self._notes()

    def _of(self, kind: str) -> list[OpenOperation]:
        """What of this kind has what it needs; a gift that was accepted is taken to be there."""
        mine = [operation for operation in self._waiting if operation.kind == kind]
        if kind in ("gift", "opportunity"):
            return mine
        return [operation for operation in mine if all(need in self._there for need in operation.needs)]

    def _looks_for_people(self) -> Iterator[ForetoldRequest]:
        if len(self._awaited) > contacts.FEW_LOOK_UPS:
            yield from _calls(1, contacts.query_options())
            yield from _calls(math.ceil(len(self._awaited) / contacts.LARGEST_PAGE), contacts.query((), 0))
        else:
            yield from _calls(len(self._awaited), contacts.by_reference("", ""))

    def _opportunities(self) -> Iterator[ForetoldRequest]:
        mine = self._of("opportunity")
        changed = [operation for operation in mine if operation.needs[0] in self._known]
        if len(changed) < len(mine):
            yield from _calls(1, volunteers.opportunities(0))
        yield from _calls(len(mine) - len(changed), volunteers.create_opportunity({}))
        yield from _calls(len(changed), volunteers.opportunity(0), volunteers.replace_opportunity(0, {}))
        self._there |= {operation.needs[0] for operation in mine}

    def _hours(self) -> Iterator[ForetoldRequest]:
        """Sign-ups are known by Virtuous' ids alone: one for every pair of hours that are new is foretold."""
        mine = self._of("attendance")
        removed = [operation for operation in mine if operation.action == Action.REMOVE]
        changed = [operation for operation in mine if operation.replaces and operation.action == Action.SAVE]
        new = [operation for operation in mine if not operation.replaces and operation.action == Action.SAVE]
        pairs = {operation.needs for operation in new}
        yield from _calls(len({opportunity for _, opportunity in pairs}), volunteers.volunteers(0, 0))
        yield from _calls(len(pairs), volunteers.sign_up(0, 0))
        yield from _calls(sum(operation.may_be_there for operation in new), volunteers.attendances(0, 0))
        yield from _calls(len(new), volunteers.record_hours(0, 0, {}))
        yield from _calls(len(changed), volunteers.attendances(0, 0), volunteers.correct_hours(0, 0, {}))
        yield from _calls(len(removed), volunteers.remove_hours(0, 0))

    def _notes(self) -> Iterator[ForetoldRequest]:
        mine = self._of("note")
        new = sum(not operation.replaces for operation in mine)
        looked_for = sum(operation.may_be_there and not operation.replaces for operation in mine)
        yield from _calls(looked_for, notes.of_contact(0, 0, 1))
        destination = self._customer.destination
        if destination.bulk.notes and new > 1:
            most = destination.batch.max
            yield from (ForetoldRequest(notes.BULK, min(most, new - sent)) for sent in range(0, new, most))
        else:
            yield from _calls(new, notes.create(0, {}))
        yield from _calls(len(mine) - new, notes.replace(0, 0, {}))


def _calls(times: int, *requests: Request) -> Iterator[ForetoldRequest]:
    """Each of these requests so many times; those that read carry no change."""
    for request in requests:
        rows = 0 if request.method == "GET" or "Query" in request.path else 1
        yield from (ForetoldRequest(request.endpoint, rows) for _ in range(times))
