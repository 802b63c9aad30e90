"""Tables of numbers that stay readable on a narrow terminal: columns become rows when they do not fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

GLUED = {"/", "to", "in", "of", "the"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A number or a word, and how it looks."""

    value: int | str
    style: str = ""

    def text(self) -> Text:
        return Text(f"{self.value:,}" if isinstance(self.value, int) else self.value, style=self.style)


def show_table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print `rows`, whose first cell is a name; headings break between words."""
    upright = table(["\n".join(words(column)) for column in columns], [[cell.text() for cell in row] for row in rows])
    if Measurement.get(console, console.options.update(max_width=10_000), upright).maximum <= console.width:
        console.print(upright)
        return
    headings = ["", *(str(row[0].value) for row in rows)]
    lines = [[Text(column), *(row[place].text() for row in rows)] for place, column in enumerate(columns) if place > 0]
    console.print(table(headings, lines))


def table(headings: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for place, heading in enumerate(headings):
        made.add_column(heading, justify="left" if place == 0 else "right", no_wrap=place > 0)
    for row in rows:
        made.add_row(*row)
    return made


def words(heading: str) -> list[str]:
    """The lines of a heading; small words and pairs ("report / books") stay with the word before."""
    lines: list[str] = []
    for word in heading.split(" "):
        if lines and (word in GLUED or lines[-1].endswith("/")):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
