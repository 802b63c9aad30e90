"""`sync-pipeline explain`: why a record is in Virtuous as it is."""

from typing import Annotated

import typer

from sync_pipeline.cli.output import JsonFlag, write_json
from sync_pipeline.domain.errors import ConfigurationError


def explain(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    stream: Annotated[str | None, typer.Argument(metavar="[STREAM", help="The stream of the record.")] = None,
    key: Annotated[str | None, typer.Argument(metavar="KEY]", help="Its key; of several columns `a|b`.")] = None,
    *,
    virtuous_id: Annotated[
        int | None, typer.Option("--virtuous-id", metavar="ID", help="Backwards: what this contact came from.", min=1)
    ] = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values of the record: personal data of a real person.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Tell the life of one record: what the source says, every change, operation and attempt, and what comes next.

    Nothing is asked of the source or of Virtuous, and a run that is at work is not disturbed.
    """
    if virtuous_id is not None and stream is None:
        _explain_contact(customer_id, virtuous_id, as_json=as_json)
    elif virtuous_id is None and stream is not None and key is not None:
        _explain_record(customer_id, stream, key, show_values=show_values, as_json=as_json)
    else:
        raise ConfigurationError(
            "It takes a record, or an id of Virtuous.",
            f"Write `explain {customer_id} STREAM KEY`, or `explain {customer_id} --virtuous-id 123`.",
        )


def _explain_record(customer_id: str, stream: str, key: str, *, show_values: bool, as_json: bool) -> None:
    from sync_pipeline.cli.explain_documents import record_document  # noqa: PLC0415 - imports sqlalchemy and polars
    from sync_pipeline.cli.explain_show import show_record  # noqa: PLC0415 - as above

    document = record_document(customer_id, stream, key, show_values=show_values)
    if as_json:
        write_json(document)
    else:
        show_record(document)


def _explain_contact(customer_id: str, virtuous_id: int, *, as_json: bool) -> None:
    from sync_pipeline.cli.explain_contact_documents import contact_document  # noqa: PLC0415 - as above
    from sync_pipeline.cli.explain_show import show_contact  # noqa: PLC0415 - as above

    document = contact_document(customer_id, virtuous_id)
    if as_json:
        write_json(document)
    else:
        show_contact(document)
