"""Customer files, connectors and recipes: YAML in, models or all mistakes at once out."""

from sync_pipeline.adapters.configuration.fleet import (
    Fleet,
    customer_paths,
    load_customer,
    load_customer_with_recipe,
    load_fleet,
    load_regions,
    refuse_other_region,
)
from sync_pipeline.adapters.configuration.problem import InvalidCustomerError, Problem
from sync_pipeline.adapters.configuration.secret_check import missing_secrets

__all__ = [
    "Fleet",
    "InvalidCustomerError",
    "Problem",
    "customer_paths",
    "load_customer",
    "load_customer_with_recipe",
    "load_fleet",
    "load_regions",
    "missing_secrets",
    "refuse_other_region",
]
