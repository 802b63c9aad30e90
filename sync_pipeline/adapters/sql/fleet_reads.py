"""One statement for everybody: what checks, metrics and the fleet's page all want to know."""

from datetime import datetime

from sqlalchemy import Connection, and_, func, select, text

from sync_pipeline.adapters.sql.breakers import breaker_of
from sync_pipeline.adapters.sql.tables import NEEDS_A_PERSON, breakers, change_sets, ledger, positions
from sync_pipeline.domain.operation import State
from sync_pipeline.domain.pause import Breaker
from sync_pipeline.domain.positions import CutState


def accounted(connection: Connection) -> dict[tuple[str, str, str], datetime | None]:
    """When each (customer, source, stream) was last accounted for."""
    columns = (positions.c.customer_id, positions.c.source, positions.c.stream, positions.c.accounted_at)
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(select(*columns))}


def held_change_sets(connection: Connection) -> dict[str, int]:
    """By customer, and by the streams that there are: the index leads to a stream's state, and old cuts are many."""
    streams = select(positions.c.customer_id, positions.c.stream).distinct().subquery()
    of_stream = and_(change_sets.c.customer_id == streams.c.customer_id, change_sets.c.stream == streams.c.stream)
    statement = (
        select(change_sets.c.customer_id, func.count())
        .join(streams, of_stream)
        .where(change_sets.c.state == CutState.HELD.value)
        .group_by(change_sets.c.customer_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def breakers_by_customer(connection: Connection) -> dict[str, Breaker]:
    return {row.customer_id: breaker_of(row) for row in connection.execute(select(breakers))}


def need_a_person(connection: Connection) -> dict[State, dict[str, int]]:
    """Dead letters and reviews by customer; an index has nothing but these."""
    counts = (
        select(ledger.c.customer_id, ledger.c.state, func.count().label("operations"))
        .where(text(NEEDS_A_PERSON))
        .group_by(ledger.c.customer_id, ledger.c.state)
    )
    found: dict[State, dict[str, int]] = {State.DEAD: {}, State.REVIEW: {}}
    for row in connection.execute(counts):
        found[State(row.state)][row.customer_id] = row.operations
    return found
