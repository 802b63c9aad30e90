"""What the demonstration prints before and after each night: every number comes from a report or from the sandbox."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from sync_pipeline.cli.demo_tables import Cell, show_table
from sync_pipeline.demo.demonstration import Place
from sync_pipeline.demo.nights import CustomerNight, Night

WIDTH_OF_PROSE = 110
NIGHT_COLUMNS = (
    "customer",
    "source records",
    "creates",
    "updates",
    "deletes",
    "unchanged",
    "delivered",
    "waiting",
    "carried over",
    "dead letters",
    "Virtuous requests",
    "source requests",
    "seconds",
)


def introduction(console: Console) -> None:
    console.print(Text("sync-pipeline demo", style="bold"))
    console.print(
        "Three nonprofits have volunteers in VOMO and want them in Virtuous CRM+; one of them wants served hours and "
        "completed forms there too, another one the donations of its giving platform. You see three of their nights, "
        "run through Dagster, against a sandbox that behaves as the APIs are documented to. Nothing leaves this "
        "machine.",
        width=min(console.width, WIDTH_OF_PROSE),
    )


def place(console: Console, where: Place) -> None:
    console.print()
    if where.taken_port is not None:
        console.print(
            Text(
                f"Port {where.taken_port} is taken (by `make ui` or `sync-pipeline sandbox`?), so this demonstration "
                "has another port and a home of its own.",
                style="yellow",
            )
        )
    for name, value in (
        ("sandbox", where.url),
        ("fleet", shown_path(where.fleet)),
        ("home", f"{shown_path(where.home)} (emptied first)"),
        ("logs", shown_path(where.log)),
    ):
        console.print(Text(f"  {name:<9}", style="dim") + Text(value))


def night_title(console: Console, number: int, title: str) -> None:
    console.print()
    console.print(Text(f"Night {number}", style="bold cyan") + Text(f"  {title}", style="bold"))


def plain_line(console: Console, ran: CustomerNight) -> None:
    console.print(
        Text(f"  {ran.customer_id}: {ran.report.get('status')}, {ran.count('successes'):,} delivered, {seconds(ran)} s")
    )


def night(console: Console, shown: Night) -> None:
    """The night's table, what went wrong on purpose, and what came of it."""
    show_table(console, NIGHT_COLUMNS, [night_row(ran) for ran in shown.customers])
    if shown.suffered:
        console.print(Text("  What went wrong on purpose:", style="dim"))
    for suffered in shown.suffered:
        trouble = suffered.trouble
        often = "once" if suffered.times == 1 else f"{suffered.times} times"
        console.print(Text(f"  {trouble.customer_id:<21} {trouble.side:<9} {trouble.words} ({often})", style="dim"))
    for ran in shown.customers:
        for letter in ran.dead_letters:
            console.print(
                Text("  Dead letter: ", style="yellow")
                + Text(f"{ran.customer_id}, {letter['stream']} {letter['key']}: {letter['reason']}")
            )
        if ran.failure:
            console.print(Text(f"  {ran.customer_id} failed: ", style="red") + Text(ran.failure))
    console.print(Text(f"  {summary(shown)}"))


def night_row(ran: CustomerNight) -> list[Cell]:
    failures = ran.count("failures")
    return [
        Cell(ran.customer_id),
        Cell(ran.source_records),
        Cell(ran.count("creates")),
        Cell(ran.count("updates")),
        Cell(ran.count("deletes")),
        Cell(ran.count("unchanged")),
        Cell(ran.count("successes"), "green"),
        Cell(ran.count("waiting"), "yellow" if ran.count("waiting") else ""),
        Cell(ran.count("carried"), "green" if ran.count("carried") else ""),
        Cell(failures, "bold yellow" if failures else ""),
        Cell(sum(ran.requests.values())),
        Cell(ran.count("source_requests")),
        Cell(seconds(ran)),
    ]


def seconds(ran: CustomerNight) -> str:
    return f"{float(ran.report.get('duration_seconds', 0)):.1f}"


def summary(shown: Night) -> str:
    """What the night did to Virtuous, in a few sentences."""

    def total(name: str) -> int:
        return sum(ran.count(name) for ran in shown.customers)

    writes = sum(sum(ran.writes.values()) for ran in shown.customers)
    imported, created = (sum(ran.imported[name] for ran in shown.customers) for name in ("imported", "created"))
    repeats = sum(ran.repeats for ran in shown.customers)
    said = [f"{writes:,} writes to Virtuous: {total('successes'):,} changes of this night delivered"]
    if carried := total("carried"):
        said.append(f", and {carried:,} of an earlier one, now that their people are there")
    said.append(".")
    if imported:
        said.append(f" In the morning Virtuous imports {imported:,} transactions: {created:,} new contacts.")
    if waiting := total("waiting"):
        said.append(f" {waiting:,} changes, hours and notes, wait for that.")
    if repeats:
        said.append(f" {repeats:,} rows were sent twice because their answer got lost: harmless.")
    return "".join(said)


def shown_path(path: Path) -> str:
    """The path as a person would type it: relative where the command was started."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
