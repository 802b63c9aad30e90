"""The only package that imports dagster: it schedules the stages and shows what they did."""
