"""`sync-pipeline prepare`: the stores of this deployment opened once, before anything runs on them."""

from sync_pipeline.cli.output import JsonFlag, write_json, write_table


def prepare(*, as_json: JsonFlag = False) -> None:
    """Make the tables of both stores, or bring them up to date, and check that they are this deployment's."""
    from sync_pipeline.cli.prepare_document import prepare_document  # noqa: PLC0415 - imports dagster

    document = prepare_document()
    if as_json:
        write_json(document)
    else:
        write_table("Prepared", ("", "value"), list(document.items()))
