"""Which run of ours a Dagster run works on: told by its tags, or made up for one launched by hand."""

import dagster as dg

from sync_pipeline.domain.configuration import Customer
from sync_pipeline.domain.run import MANUAL, Layer, Run
from sync_pipeline.stages.layers import next_layer
from sync_pipeline.workplace import Workplace

RUN_ID_TAG = "sync/run_id"
LAYER_TAG = "sync/layer"
SLOT_TAG = "sync/slot"
SLICE_TAG = "sync/slice"


def tags_of(run: Run) -> dict[str, str]:
    """What a Dagster run carries so that it works on this run of ours."""
    return {RUN_ID_TAG: run.run_id, LAYER_TAG: run.layer.value, SLOT_TAG: run.slot}


def run_of(context: dg.AssetExecutionContext, workplace: Workplace, customer: Customer) -> Run:
    """The run named by the tags; a launch from the UI carries none and becomes a run of its own."""
    tags = context.run.tags
    run_id = tags.get(RUN_ID_TAG, context.run.run_id)
    begun = workplace.state.runs.run(customer.id, run_id)
    if begun is not None:  # an earlier asset of this run, or an earlier slice, settled what kind of run it is
        return Run(customer.id, run_id, Layer(begun["layer"]), begun["slot"])
    layer = tags.get(LAYER_TAG)
    return Run(
        customer_id=customer.id,
        run_id=run_id,
        layer=Layer(layer) if layer else next_layer(customer, workplace.state.positions),
        slot=tags.get(SLOT_TAG, MANUAL),
    )
