"""What may be said about an error that nobody foresaw: its kind and place. Its text may hold a record's values."""

from pathlib import Path
from traceback import extract_tb

PACKAGE = Path(__file__).parents[1]


def describe(error: BaseException) -> str:
    """One line without any value, such as `Unexpected KeyError at stages/planning.py:31`, and a period."""
    frames = [frame for frame in extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    place = f" at {Path(frames[-1].filename).relative_to(PACKAGE.parent)}:{frames[-1].lineno}" if frames else ""
    return f"Unexpected {type(error).__name__}{place}."
