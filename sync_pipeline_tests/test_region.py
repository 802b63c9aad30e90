"""A deployment per region: what belongs to one is opened, run and changed by no other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from sync_pipeline.adapters.parquet import FolderRegion
from sync_pipeline.adapters.sql.state import StateStore
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.orchestration.region import InstanceRegion
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.sensors import customer_registry
from sync_pipeline.ports import RegionalStore
from sync_pipeline.region import claim
from sync_pipeline.workplace import Workplace
from sync_pipeline_tests.clock import FakeClock
from sync_pipeline_tests.sandbox_fleet import CUSTOMER, fleet, world, write_customer

__all__ = ["fleet", "world"]

REGIONS = {"bonn-food-bank": "eu", "riverside": "us"}


@pytest.fixture(params=["state", "data", "dagster"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RegionalStore, Callable[[str], object]]]:
    """A store of each kind, and what puts a customer into it."""
    if request.param == "state":
        state = StateStore(request.getfixturevalue("sqlite_url"), FakeClock())
        yield state.region, lambda customer_id: state.breakers.pause(customer_id, "a question", "ada")
        state.close()
    elif request.param == "data":
        yield (
            FolderRegion(tmp_path / "data"),
            lambda customer_id: (tmp_path / f"data/customer={customer_id}").mkdir(parents=True),
        )
    else:
        with dg.DagsterInstance.ephemeral() as instance:
            yield (
                InstanceRegion(instance),
                lambda customer_id: instance.add_dynamic_partitions("customers", [customer_id]),
            )


Place = tuple[RegionalStore, Callable[[str], object]]


@pytest.fixture
def postgres_place(postgres_url: str) -> Iterator[RegionalStore]:
    state = StateStore(postgres_url, FakeClock())
    yield state.region
    state.close()


def test_a_state_store_on_postgresql_belongs_to_a_region_too(postgres_place: RegionalStore) -> None:
    open_in(postgres_place, "eu")
    postgres_place.give_to("us")
    assert (postgres_place.region(), postgres_place.customers()) == ("eu", set())


def open_in(store: RegionalStore, region: str | None, regions: dict[str, str] | None = None) -> None:
    claim(store, "The store", "SYNC_STORE", region, lambda: REGIONS if regions is None else regions)


def test_a_store_belongs_to_the_first_region_that_opens_it(place: Place) -> None:
    store, _ = place
    open_in(store, "eu")
    open_in(store, "eu")
    assert store.region() == "eu"
    for region, told in (("us", "this deployment to us"), (None, "SYNC_REGION is not set")):
        with pytest.raises(ConfigurationError, match=told) as caught:
            open_in(store, region)
        assert "belongs to the region eu" in caught.value.message
        assert "SYNC_REGION=eu" in caught.value.remedy
        assert "SYNC_STORE" in caught.value.remedy
    assert store.region() == "eu"


def test_a_store_that_holds_another_regions_customer_is_not_given_away(place: Place) -> None:
    store, put = place
    put("riverside")
    with pytest.raises(ConfigurationError, match="riverside"):
        open_in(store, "eu")
    assert store.region() is None
    open_in(store, "us")
    assert store.region() == "us"


def test_who_has_no_file_any_more_is_nobody_elses(place: Place) -> None:
    store, put = place
    put("long-gone")
    open_in(store, "eu")
    assert store.region() == "eu"


def test_without_a_region_nothing_is_given_away(place: Place) -> None:
    store, put = place
    put("riverside")
    open_in(store, None)
    assert store.region() is None


def test_a_region_without_a_customer_gets_nothing_because_it_may_be_mistyped(place: Place) -> None:
    store, _ = place
    open_in(store, "ue")
    assert store.region() is None
    open_in(store, "eu")
    assert store.region() == "eu"


def test_of_two_regions_at_the_same_moment_one_is_refused(place: Place) -> None:
    store, _ = place

    def while_another_one_opens() -> dict[str, str]:
        store.give_to("us")
        return REGIONS

    with pytest.raises(ConfigurationError, match="belongs to the region us"):
        claim(store, "The store", "SYNC_STORE", "eu", while_another_one_opens)


def test_many_customers_of_others_are_counted(place: Place) -> None:
    store, put = place
    ids = [f"customer-{number}" for number in range(5)]
    for customer_id in ids:
        put(customer_id)
    with pytest.raises(ConfigurationError, match="customer-0, customer-1, customer-2 and 2 more"):
        open_in(store, "eu", dict.fromkeys(ids, "us"))


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="data folder") as caught:
        open_in(FolderRegion(tmp_path / "file" / "data"), "eu")
    assert "SYNC_DATA_URL" in caught.value.remedy


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    with dg.build_sensor_context(instance=instance, resources={"workplace": WorkplaceResource()}) as context:
        result = customer_registry(context)
    assert isinstance(result, dg.SensorResult)
    return result


def test_the_registry_sees_its_regions_customers_only(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_customer(fleet, "bonn-food-bank", "http://127.0.0.1:1", region="eu")
    monkeypatch.setenv("SYNC_REGION", "eu")
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = tick(instance).dynamic_partitions_requests or []
    assert request.partition_keys == ["bonn-food-bank"]


def test_who_moves_to_another_region_is_paused_here(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_customer(fleet, "harbor-shelter", "http://127.0.0.1:1")
    monkeypatch.setenv("SYNC_REGION", "us")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("customers", ["harbor-shelter", CUSTOMER])
        tick(instance)
        write_customer(fleet, "harbor-shelter", "http://127.0.0.1:1", region="eu")
        (request,) = tick(instance).dynamic_partitions_requests or []
    assert isinstance(request, dg.DeleteDynamicPartitionsRequest)
    assert request.partition_keys == ["harbor-shelter"]
    workplace = Workplace()
    assert workplace.state.breakers.breaker("harbor-shelter").is_paused(workplace.clock.now())
    workplace.close()


def test_the_registry_of_another_region_takes_nobody_away(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state store and data are its own, and by mistake it has the other one's Dagster storage."""
    write_customer(fleet, "bonn-food-bank", "http://127.0.0.1:1", region="eu")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("customers", [CUSTOMER])
        monkeypatch.setenv("SYNC_REGION", "us")
        tick(instance)
        monkeypatch.setenv("SYNC_REGION", "eu")
        with pytest.raises(ConfigurationError, match="Dagster's storage belongs to the region us"):
            tick(instance)


@pytest.mark.usefixtures("fleet")
def test_stores_of_one_region_are_refused_in_another_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_REGION", "us")
    ours = Workplace()
    assert ours.state.region.region() == "us"
    assert ours.snapshots.hash_scheme
    ours.close()
    monkeypatch.setenv("SYNC_REGION", "eu")
    theirs = Workplace()
    with pytest.raises(ConfigurationError, match="state store"):
        _ = theirs.state
    with pytest.raises(ConfigurationError, match="data folder"):
        _ = theirs.snapshots
    theirs.close()
