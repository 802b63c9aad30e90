"""One region, one deployment, stores of its own: what belongs to a region is opened by no other deployment."""

from collections.abc import Callable, Collection, Mapping

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.ports import RegionalStore

TOLD = 3


def claim(
    store: RegionalStore, name: str, setting: str, region: str | None, regions: Callable[[], Mapping[str, str]]
) -> None:
    """Give a store without a region to this deployment's, once there is a customer to keep in it.

    `name` and `setting` are what a person calls the store and sets it by; `regions` answers the region of each customer
    of the folder, and is asked only before a store is given away.

    Raises:
        ConfigurationError: the store belongs to another region, or holds customers of one.
    """
    if region is not None and store.region() is None:
        region_of = regions()
        _refuse_other_customers(store.customers(), name, setting, region, region_of)
        if region in region_of.values():  # otherwise it may be mistyped, and nothing can be stored
            store.give_to(region)
    refuse_other(store, name, setting, region)  # another process may have been quicker, for another region


def refuse_other(store: RegionalStore, name: str, setting: str, region: str | None) -> None:
    """Only look: what does not belong to a region yet goes on belonging to none.

    Raises:
        ConfigurationError: the store belongs to another region.
    """
    belongs_to = store.region()
    if belongs_to not in (None, region):
        raise ConfigurationError(
            f"{name} belongs to the region {belongs_to}, and "
            f"{'SYNC_REGION is not set' if region is None else f'this deployment to {region}'}.",
            f"Set SYNC_REGION={belongs_to}, or let {setting} name another one: each region keeps its own.",
        )


def _refuse_other_customers(
    held: Collection[str], name: str, setting: str, region: str, region_of: Mapping[str, str]
) -> None:
    others = sorted(customer_id for customer_id in held if region_of.get(customer_id, region) != region)
    if others:
        more = f" and {len(others) - TOLD} more" if len(others) > TOLD else ""
        raise ConfigurationError(
            f"{name} holds customers of other regions than {region}: {', '.join(others[:TOLD])}{more}.",
            f"Let {setting} name an empty one for the region {region}: each region keeps its own.",
        )
