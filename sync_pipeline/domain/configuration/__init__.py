"""The configuration a person writes: customers, connectors, recipes (DESIGN section 7)."""

from sync_pipeline.domain.configuration.connector import Connector, ConnectorStream
from sync_pipeline.domain.configuration.customer import Customer, CustomerSource, CustomerStream, Destination
from sync_pipeline.domain.configuration.recipe import Recipe

__all__ = ["Connector", "ConnectorStream", "Customer", "CustomerSource", "CustomerStream", "Destination", "Recipe"]
