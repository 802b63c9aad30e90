"""What the three assets share: the customer's context for a stage, and how a stage that may not go on ends."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg

from sync_pipeline.domain.defect import describe
from sync_pipeline.domain.errors import BusyError, ConfigurationError
from sync_pipeline.orchestration.resources import WorkplaceResource
from sync_pipeline.orchestration.runs import run_of
from sync_pipeline.stages.context import StageContext


@contextmanager
def stage(context: dg.AssetExecutionContext, workplace: WorkplaceResource) -> Generator[StageContext]:
    """The stage's context under the customer's lease; errors a person must act on become Dagster failures."""
    opened = workplace.get()
    try:
        customer = opened.customer(context.partition_key)
        with opened.stage(customer, run_of(context, opened, customer), context.run.run_id) as stage_context:
            yield stage_context
    except (BusyError, ConfigurationError) as error:
        raise dg.Failure(str(error), metadata={"remedy": error.remedy}, allow_retries=False) from None
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort before Dagster stores it
        # Dagster would store the error's text and its causes', which may quote a record: only kind and place are told.
        raise dg.Failure(describe(error), allow_retries=False) from None
