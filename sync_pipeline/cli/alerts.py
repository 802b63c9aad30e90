"""`sync-pipeline alerts`: which problems people were told of, and whether messages arrive."""

import sys
from typing import Annotated

import typer

from sync_pipeline.cli.output import JsonFlag, write_json, write_lines, write_table

app = typer.Typer(help="Problems that people were told of, and the way to them.", no_args_is_help=True)

COLUMNS = ("customer_id", "problem", "severity", "since", "said")


@app.command("list")
def list_alerts(*, as_json: JsonFlag = False) -> None:
    """Show every problem there is now, and how many messages have not arrived."""
    from sync_pipeline.cli.alert_documents import alerts_document  # noqa: PLC0415 - sqlalchemy

    document = alerts_document()
    if as_json:
        write_json(document)
        return
    write_table("Problems", COLUMNS, [[alert[name] for name in COLUMNS] for alert in document["alerts"]])
    write_lines([f"{document['messages_not_arrived']} messages have not arrived"], sys.stdout)


@app.command("summary")
def show_summary(*, as_json: JsonFlag = False) -> None:
    """Print what the morning's summary would say now; nothing is sent."""
    from sync_pipeline.cli.alert_documents import summary_document  # noqa: PLC0415 - sqlalchemy

    document = summary_document()
    if as_json:
        write_json(document)
    else:
        write_lines([document["text"]], sys.stdout)


@app.command("test")
def send_test_message(
    channel: Annotated[
        str | None, typer.Option("--channel", help="This channel instead of SYNC_SLACK_CHANNEL.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Send a message now, the way alerts are sent; exit code 1 when it does not arrive."""
    from sync_pipeline.cli.alert_documents import send_test  # noqa: PLC0415 - slack_sdk

    document = send_test(channel)
    if as_json:
        write_json(document)
    else:
        write_lines([f"Sent to {document['channel']} by {document['through']}."], sys.stdout)
