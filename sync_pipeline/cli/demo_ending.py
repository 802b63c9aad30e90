"""What the demonstration prints at its end: the comparison, the verdict, and what to look at next."""

import shutil
import sys
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sync_pipeline.cli.customers import counted
from sync_pipeline.cli.demo_pages import shown_path
from sync_pipeline.cli.demo_tables import Cell, show_table
from sync_pipeline.demo.comparison import Comparison
from sync_pipeline.demo.demonstration import Demonstration
from sync_pipeline.demo.place import shipped_fleet
from sync_pipeline.settings import Settings

PROGRAM = "sync-pipeline"
KEYS_SHOWN = 10
COMPARISON_COLUMNS = (
    "customer",
    "source users",
    "dead letters",
    "contacts",
    "same values",
    "duplicates",
    "out of order",
    "values sent",
    "Virtuous requests",
    "source requests",
)


def comparison(console: Console, shown: Demonstration) -> None:
    """What the sandbox's own books say, beside what the pipeline says."""
    console.print()
    console.print(Text("In the end", style="bold cyan") + Text("  compared with the sandbox's own books", style="bold"))
    show_table(console, COMPARISON_COLUMNS, [comparison_row(one) for one in shown.comparisons])
    for one in shown.comparisons:
        if one.effects:
            show_table(console, [one.customer_id, *one.effects], [effects_row(one)])
    console.print(Text("  Pairs: what the pipeline says or should have sent / what the sandbox booked.", style="dim"))
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


def effects_row(one: Comparison) -> list[Cell]:
    """What there is beside contacts."""
    return [Cell("beside contacts"), *(pair(numbers) for numbers in one.effects.values())]


def pair(numbers: tuple[int | Decimal, int | Decimal]) -> Cell:
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
        letters = sum(one.dead_letters for one in shown.comparisons)
        but = f" but for {counted(letters, 'dead letter')} that a person has to see to" if letters else ""
        line = Text(
            f"No difference: everybody, and every gift, hour and note, is in Virtuous exactly once{but}, and every "
            "request is accounted for."
        )
        line.stylize("bold green")
    console.print(line)
    console.print(f"The whole demonstration took {seconds:.0f} s.")


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
