"""The person's browser, if there is one here."""

import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from sync_pipeline.settings import environment_variable

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
WITH_A_DESKTOP = ("darwin", "win32")


def open_in_browser(page: Path, variable: Callable[[str], str | None] = environment_variable) -> bool:
    """Show a page; False where there is no display. Without one, `webbrowser` would fill the terminal with w3m."""
    if sys.platform not in WITH_A_DESKTOP and not any(variable(name) for name in DISPLAYS):
        return False
    try:
        return webbrowser.open(page.as_uri())
    except webbrowser.Error:
        return False
