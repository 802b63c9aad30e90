"""Which layer a run without a wish of its own belongs to."""

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.run import Layer
from sync_pipeline.ports import Positions


def next_layer(customer: Customer, positions: Positions) -> Layer:
    """`initial` until a first run has read and compared every stream, then `nightly`."""
    for stream, configured in customer.streams.items():
        if positions.position(customer.id, configured.source, stream).acknowledged_cut is None:
            return Layer.INITIAL
    return Layer.NIGHTLY
