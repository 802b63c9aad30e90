"""The files of the pages: implements ports.Pages."""

import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sync_pipeline.adapters.parquet.durable import make_folder, sync_to_disk
from sync_pipeline.adapters.parquet.layout import customer_folder
from sync_pipeline.domain.pages.facts import StoredPage
from sync_pipeline.domain.pages.fleet_page import FleetPage
from sync_pipeline.domain.pages.run_page import RunPage

FOLDER = "reports"
SUFFIX = ".html"
FLEET = "fleet.html"
UNFINISHED = "."


class HtmlPages:
    """Pages under `root`: customer=…/reports/<run_id>.html and reports/fleet.html.

    A file's time is the moment its numbers are of, not that of its writing: of two processes that write the same page,
    the one with the older numbers leaves one that looks old, and is made again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write_run(self, page: RunPage) -> Path:
        from sync_pipeline.adapters.pages.rendering import run_html  # noqa: PLC0415 - jinja2, which most commands spare

        path = self._path(page.run.run.customer_id, page.run.run.run_id)
        _publish(path, run_html(page), page.as_of)
        return path

    def write_fleet(self, page: FleetPage) -> Path:
        from sync_pipeline.adapters.pages.rendering import fleet_html  # noqa: PLC0415 - as above

        path = self._root / FOLDER / FLEET
        _publish(path, fleet_html(page), page.as_of)
        return path

    def link(self, customer_id: str, run_id: str) -> str | None:
        """From the fleet's page to that of a run; None where there is none."""
        path = self._path(customer_id, run_id)
        return f"../{quote(str(path.relative_to(self._root)))}" if path.is_file() else None

    def run_page(self, customer_id: str, run_id: str) -> StoredPage | None:
        """The page that was written last; None without one."""
        return _stored(self._path(customer_id, run_id))

    def pages(self, customer_id: str) -> list[StoredPage]:
        """Whatever is kept of the customer, unfinished work included."""
        paths = self._folder(customer_id).glob("*")
        return [page for page in map(_stored, sorted(paths)) if page is not None]

    def remove(self, pages: Iterable[StoredPage]) -> None:
        """Remove these; one that is gone already is no error."""
        for page in pages:
            page.path.unlink(missing_ok=True)

    def _folder(self, customer_id: str) -> Path:
        return customer_folder(self._root, customer_id) / FOLDER

    def _path(self, customer_id: str, run_id: str) -> Path:
        return self._folder(customer_id) / f"{run_id}{SUFFIX}"


def _publish(path: Path, html: str, as_of: datetime) -> None:
    """Whole and on disk, or not there; for our own eyes, as `tempfile` makes it.

    The temporary name is this process's alone: a person may ask for a page at the moment its run ends.
    """
    make_folder(path.parent)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f"{UNFINISHED}{path.stem}.", suffix=".tmp", delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(html)
            file.flush()
            os.fsync(file.fileno())
            os.utime(temporary, times=(as_of.timestamp(), as_of.timestamp()))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_to_disk(path.parent)


def _stored(path: Path) -> StoredPage | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    as_of = datetime.fromtimestamp(status.st_mtime, UTC)
    return StoredPage(path, as_of, status.st_size, path.name.startswith(UNFINISHED))
