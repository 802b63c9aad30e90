"""How a deployment gets into the situation of each page of the playbook, and what others do while it is followed.

A situation goes on before each console block of its page, and once more at the end, where it is really over.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import dagster as dg
from dagster._daemon.types import DaemonHeartbeat

from sync_pipeline_tests.cli.conftest import Printed
from sync_pipeline_tests.docs.place import CUSTOMER, NEXT_NIGHT, OTHERS, USERS, Place, virtuous, vomo
from sync_pipeline_tests.docs.playbook_reader import OnCall
from sync_pipeline_tests.orchestration.test_fleet_checks import failed

Command = Callable[..., Printed]
Situation = Callable[[Place, OnCall, Command], Iterator[None]]
NEW_TOKEN = "made-a-minute-ago"


def over_once_mended(place: Place) -> Iterator[None]:
    """Somebody mends the cause, and a record changes meanwhile; after the next block everything is delivered."""
    place.mend()
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    yield
    assert place.look() == []
    place.assert_delivered()


def token_expired(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    loaded(place, command)
    place.world.virtuous[NEW_TOKEN] = place.world.virtuous.pop(virtuous())
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    assert command("run", CUSTOMER).code == 1
    assert place.look() == ["paused"]
    yield
    reader.pasted = NEW_TOKEN
    yield
    yield
    place.world.virtuous[virtuous()] = place.world.virtuous[NEW_TOKEN]
    assert place.look() == []
    place.assert_delivered()


def paused(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    loaded(place, command)
    place.fail("vomo", "wrong_shape", path="/vomo/v1/users")
    for _ in range(3):
        assert command("run", CUSTOMER).code == 1
    assert place.look() == ["paused"]
    yield
    yield from over_once_mended(place)


def stuck(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    """Its process died in the middle of a night, and the daemon with it."""
    del reader
    loaded(place, command)
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    with place.daemon() as daemon:
        (request,) = daemon.tick()
        daemon.begin(request)
    place.clock.advance(hours=25 - NEXT_NIGHT)
    assert place.look() == ["stale_checkpoint"]
    yield
    yield
    yield
    assert place.look() == []
    place.assert_delivered()


def slow(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    loaded(place, command)
    place.fail("vomo", "rate_limited", retry_after=5, times=2)
    assert command("run", CUSTOMER).code == 0
    assert place.look() == ["rate_limit_pauses"]
    yield
    yield
    yield
    assert place.look() == []
    place.assert_delivered()


def platform_down(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    for other in OTHERS:
        place.add_customer(other)
        assert command("run", other).code == 0
    loaded(place, command)
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    place.fail("virtuous", "status_before", status=503)
    for customer_id in (*OTHERS, CUSTOMER):
        command("run", customer_id)
    assert "platform_down" in place.look()
    yield
    place.mend()
    place.clock.advance(minutes=5)
    with place.daemon() as daemon:
        for request in daemon.resumed():
            assert daemon.start(request).success
    place.look()
    yield
    yield
    assert place.look() == []
    place.assert_delivered()


def onboarding(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    """Another customer is there already; this one's file was just written."""
    del reader
    newcomer = OTHERS[0]
    loaded(place, command)
    place.add_customer(newcomer)
    place.file(newcomer).write_text(place.file(newcomer).read_text().replace("23:00", "22:30"))
    yield
    yield
    place.clock.advance(hours=24)
    with place.daemon() as daemon:
        requests = [request for request in daemon.tick() if request.partition_key == newcomer]
        (request,) = requests
        assert daemon.start(request).success
    yield
    place.world.run_import(virtuous(newcomer))
    yield
    place.assert_delivered(newcomer)


def offboarding(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    place.add_customer(OTHERS[0])
    assert command("run", OTHERS[0]).code == 0
    loaded(place, command)
    yield
    yield
    with place.daemon() as daemon:
        daemon.tick()
    yield
    assert not (place.folder / ".sync/data" / f"customer={CUSTOMER}").exists()
    with place.workplace() as opened:
        assert opened.state.forgetting.rows(CUSTOMER) == {}
        assert opened.state.forgetting.rows(OTHERS[0])["ledger"] == USERS
    assert not list((place.folder / "customers/secrets").glob(f"{CUSTOMER}.*"))
    assert command("run", OTHERS[0]).code == 0


def data_quality(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    """Somebody changed a contact by hand, and the source gives less than it counts."""
    del reader
    loaded(place, command)
    place.world.run_import(virtuous())
    assert command("run", CUSTOMER, "--layer", "reconcile").code == 0
    contact = place.world.contact_ids(virtuous())["VOMO/17"]
    place.world.edit_contact(virtuous(), contact, lastName="Changed-By-Hand")
    place.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    place.fail("vomo", "missing_rows", path="/vomo/v1/users")
    assert command("run", CUSTOMER).code == 0
    assert place.look() == ["snapshot_complete"]
    yield
    yield
    place.mend()
    yield
    yield
    place.configure(streams={"users": {"write": {"lastName": "always"}}})
    yield
    assert place.look() == []
    place.assert_delivered()


def security_incident(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    loaded(place, command)
    yield
    place.world.virtuous[NEW_TOKEN] = place.world.virtuous.pop(virtuous())
    reader.pasted = NEW_TOKEN
    yield
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    yield
    yield
    place.world.virtuous[virtuous()] = place.world.virtuous[NEW_TOKEN]
    place.assert_delivered()


def mass_change_held(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    place.configure(streams={"users": {"read": {"strategy": "full_snapshot"}}})
    loaded(place, command)
    place.world.change_vomo(vomo(), share=0, remove=25)
    assert command("run", CUSTOMER).code == 4
    assert place.look() == ["change_volume"]
    yield
    yield
    yield
    assert place.look() == []
    place.world.run_import(virtuous())
    tagged = [contact for contact in place.world.contacts(virtuous()).values() if "VOMO: removed" in contact["tags"]]
    assert len(tagged) == 25
    place.assert_delivered()


def refused_records(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    loaded(place, command)
    for user in (5, 6):
        place.world.edit_vomo_user(vomo(), user, last_name=None)
    assert command("run", CUSTOMER).code == 5
    assert place.look() == ["dead_letters", "failure_rate"]
    yield
    place.world.edit_vomo_user(vomo(), 5, last_name="Reyes")
    yield
    assert place.look() == ["dead_letters"]
    yield
    assert place.look() == []
    place.world.edit_vomo_user(vomo(), 6, last_name="Okafor")
    assert command("run", CUSTOMER).code == 0
    place.assert_delivered()


def run_failed(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    loaded(place, command)
    place.fail("vomo", "wrong_shape", path="/vomo/v1/users")
    assert command("run", CUSTOMER).code == 1
    assert place.look() == ["run_failed"]
    yield
    yield from over_once_mended(place)


def broken_file(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    del reader
    loaded(place, command)
    file = place.file()
    file.write_text(file.read_text(encoding="utf-8").replace("America/Chicago", "America/Chicgo"), encoding="utf-8")
    assert place.look() == ["broken_file"]
    yield
    yield
    assert place.look() == []
    assert command("run", CUSTOMER).code == 0


def not_imported(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    """Every night and every reconciliation has been, and nobody runs the import."""
    del reader
    loaded(place, command)
    for _ in range(2):
        place.clock.advance(hours=1)
        with place.daemon() as daemon:
            for request in daemon.tick():
                assert daemon.start(request).success
        place.clock.advance(hours=23)
    with place.daemon() as daemon:
        for request in daemon.tick():
            assert daemon.start(request).success
        assert failed(daemon) == {"unconfirmed_aging"}
    yield
    place.world.run_import(virtuous())
    yield
    with place.daemon() as daemon:
        assert failed(daemon) == set()
    place.assert_delivered()


def scheduler(place: Place, reader: OnCall, command: Command) -> Iterator[None]:
    """The daemon died; the night came and went."""
    del reader
    loaded(place, command)
    place.world.edit_vomo_user(vomo(), 3, phone="(555) 555-0133")
    place.look()
    place.clock.advance(hours=3)
    assert "missed_run" in place.look()
    yield
    with place.daemon() as daemon:
        for kind in dg.DagsterInstance.get_required_daemon_types(daemon.instance):
            daemon.instance.add_daemon_heartbeat(DaemonHeartbeat(datetime.now(UTC).timestamp(), kind, "a-daemon", []))
        for request in daemon.tick():
            assert daemon.start(request).success
    place.look()
    yield
    yield
    assert place.look() == []
    place.assert_delivered()


def loaded(place: Place, command: Command) -> None:
    """The customer's first night is over, and the next one is due now."""
    assert command("run", CUSTOMER).code == 0
    assert place.world.books(virtuous())["rows_accepted"] == USERS
    place.clock.advance(hours=NEXT_NIGHT)


SITUATIONS: dict[str, Situation] = {
    "broken-file": broken_file,
    "data-quality": data_quality,
    "mass-change-held": mass_change_held,
    "not-imported": not_imported,
    "offboarding": offboarding,
    "onboarding": onboarding,
    "paused": paused,
    "platform-down": platform_down,
    "refused-records": refused_records,
    "run-failed": run_failed,
    "scheduler": scheduler,
    "security-incident": security_incident,
    "slow": slow,
    "stuck": stuck,
    "token-expired": token_expired,
}
