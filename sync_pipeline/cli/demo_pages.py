"""What the demonstration prints: every number comes from a report or from the sandbox's books."""

import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sync_pipeline.cli.customers import counted
from sync_pipeline.cli.demo_tables import Cell, show_table
from sync_pipeline.demo.comparison import Comparison
from sync_pipeline.demo.demonstration import Demonstration, Place
from sync_pipeline.demo.nights import CustomerNight, Night
from sync_pipeline.demo.place import shipped_fleet
from sync_pipeline.settings import Settings

PROGRAM = "sync-pipeline"
KEYS_SHOWN = 10
WIDTH_OF_PROSE = 110
NIGHT_COLUMNS = (
    "customer",
    "source users",
    "changes",
    "creates",
    "updates",
    "unchanged",
    "delivered",
    "dead letters",
    "requests to Virtuous",
    "requests to VOMO",
    "seconds",
)
COMPARISON_COLUMNS = (
    "customer",
    "source users",
    "dead letters",
    "contacts in Virtuous",
    "same values",
    "duplicates",
    "out of order",
    "distinct values / effects",
    "Virtuous requests: report / books",
    "VOMO requests: report / books",
)


def introduction(console: Console) -> None:
    console.print(Text("sync-pipeline demo", style="bold"))
    console.print(
        "Three nonprofits have volunteers in VOMO and want them in Virtuous CRM+. You see three of their nights, "
        "run through Dagster, against a sandbox that behaves as both APIs are documented to. Nothing leaves this "
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
        console.print(Text(f"    {trouble.customer_id:<21} {trouble.side:<9} {trouble.words} ({often})", style="dim"))
    for ran in shown.customers:
        for letter in ran.dead_letters:
            console.print(
                Text("  Dead letter: ", style="yellow")
                + Text(f"{ran.customer_id}, {letter['stream']} {letter['key']}: {letter['reason']}")
            )
        if error := ran.report.get("error"):
            console.print(Text(f"  {ran.customer_id} failed: ", style="red") + Text(f"{error['message']}"))
    console.print(Text(f"  {summary(shown)}"))


def night_row(ran: CustomerNight) -> list[Cell]:
    failures = ran.count("failures")
    return [
        Cell(ran.customer_id),
        Cell(ran.source_users),
        Cell(ran.count("total_changes")),
        Cell(ran.count("creates")),
        Cell(ran.count("updates")),
        Cell(ran.count("unchanged")),
        Cell(ran.count("successes"), "green"),
        Cell(failures, "bold yellow" if failures else ""),
        Cell(sum(ran.requests.values())),
        Cell(ran.count("source_requests")),
        Cell(seconds(ran)),
    ]


def seconds(ran: CustomerNight) -> str:
    return f"{float(ran.report.get('duration_seconds', 0)):.1f}"


def summary(shown: Night) -> str:
    """One sentence on what the night did to Virtuous."""
    writes = sum(ran.writes for ran in shown.customers)
    delivered = sum(ran.count("successes") for ran in shown.customers)
    created, merged = (sum(ran.imported[name] for ran in shown.customers) for name in ("created", "merged"))
    if not writes:
        asked = sum(sum(ran.requests.values()) for ran in shown.customers)
        return f"No write: {asked} questions to Virtuous (whose key is this, may it write), and that was all."
    return (
        f"{delivered:,} changes delivered in {writes:,} writes; in the morning Virtuous imported them: "
        f"{created:,} new contacts, {merged:,} transactions merged into known ones."
    )


def comparison(console: Console, shown: Demonstration) -> None:
    """What the sandbox's own books say, beside what the pipeline says."""
    console.print()
    console.print(Text("In the end", style="bold cyan") + Text("  compared with the sandbox's own books", style="bold"))
    show_table(console, COMPARISON_COLUMNS, [comparison_row(one) for one in shown.comparisons])
    for difference in shown.differences:
        keys = difference.sorted_keys()
        more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
        ids = f": {', '.join(keys[:KEYS_SHOWN])}{more}" if keys else ""
        console.print(
            Text("  Difference: ", style="bold red") + Text(f"{difference.customer_id}, {difference.what}{ids}")
        )


def comparison_row(one: Comparison) -> list[Cell]:
    return [
        Cell(one.customer_id),
        Cell(one.source_users),
        Cell(one.dead_letters, "yellow" if one.dead_letters else ""),
        Cell(one.contacts),
        Cell(one.equal, good_if(one.equal == one.contacts)),
        Cell(one.duplicates, good_if(not one.duplicates)),
        Cell(one.out_of_order, good_if(not one.out_of_order)),
        pair(one.values),
        pair(one.requests),
        pair(one.source_requests),
    ]


def pair(numbers: tuple[int, int]) -> Cell:
    claimed, booked = numbers
    return Cell(f"{claimed:,} / {booked:,}", good_if(claimed == booked))


def good_if(good: bool) -> str:
    return "green" if good else "bold red"


def verdict(console: Console, shown: Demonstration, seconds: float) -> None:
    console.print()
    if shown.differences:
        found = counted(len(shown.differences), "difference")
        line = Text(f"{found}. This is a defect of sync-pipeline.", style="bold red")
    else:
        line = Text("No difference: everybody is in Virtuous exactly once, and every request is accounted for.")
        line.stylize("bold green")
    console.print(line + Text(f" The whole demonstration took {seconds:.0f} s.", style="not bold"))


def advice(console: Console, shown: Demonstration, settings: Settings) -> None:
    """What to look at next, ready to be pasted."""
    where = shown.place
    words = [f"SYNC_HOME={shown_path(where.home)}"]
    if settings.customers != where.fleet:
        words.append(f"SYNC_CUSTOMERS={shown_path(where.fleet)}")
    setting, command = " ".join(words), program()
    letters = [ran.customer_id for night in shown.nights for ran in night.customers if ran.dead_letters]
    in_checkout = shipped_fleet().parent == Path.cwd()
    lines = [
        ("these runs in the Dagster UI", "make ui" if in_checkout else f"{command} ui"),
        ("where every customer stands", f"{command} status"),
        *(("the run with the dead letter", f"{command} report {customer_id}") for customer_id in letters[:1]),
    ]
    console.print()
    console.print(Text("Next", style="bold"))
    for meaning, line in lines:
        console.print(Text(f"  {meaning:<30}", style="dim"), Text(f"{setting} {line}"), soft_wrap=True, sep="")


def program() -> str:
    """This program as it was called, so that a pasted line finds it."""
    called = Path(sys.argv[0])
    if called.name != PROGRAM or shutil.which(PROGRAM) == str(called):
        return PROGRAM
    return shown_path(called)


def shown_path(path: Path) -> str:
    """The path as a person would type it: relative where the command was started."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
