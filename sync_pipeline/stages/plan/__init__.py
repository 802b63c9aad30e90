"""What the next run would do: the source is read and compared for real, nothing is sent and nothing is kept."""

from sync_pipeline.stages.plan.stage import Plan, Stored, StreamPlan, make_plan

__all__ = ["Plan", "Stored", "StreamPlan", "make_plan"]
