"""What `customers pause` and `customers resume` do and answer."""

import getpass
from typing import Any

from sync_pipeline.stages.context import destination_name
from sync_pipeline.workplace import Workplace


def pause(customer_id: str, reason: str) -> dict[str, Any]:
    """Pause a customer until it is resumed.

    Raises:
        ConfigurationError: there is no such customer.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        workplace.state.breakers.pause(customer.id, reason, person())
        return document(workplace, customer_id)
    finally:
        workplace.close()


def resume(customer_id: str, reason: str) -> dict[str, Any]:
    """Lift the pause. A person looked: whatever organization the token belongs to now is the right one.

    Raises:
        ConfigurationError: there is no such customer.
    """
    workplace = Workplace()
    try:
        customer = workplace.customer(customer_id)
        workplace.state.quota.agree_to_move(destination_name(customer))
        workplace.state.breakers.resume(customer.id, reason, person())
        return document(workplace, customer_id)
    finally:
        workplace.close()


def document(workplace: Workplace, customer_id: str) -> dict[str, Any]:
    breaker = workplace.state.breakers.breaker(customer_id)
    return {
        "customer_id": customer_id,
        "paused": breaker.is_paused(workplace.clock.now()),
        "reason": breaker.reason,
    }


def person() -> str:
    try:
        return getpass.getuser()
    except OSError:  # a container's user may have no name
        return "unknown"
