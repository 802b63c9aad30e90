"""The HTML pages: one file each, without scripts, that opens from a folder and asks no network for anything."""

from sync_pipeline.adapters.pages.store import HtmlPages

__all__ = ["HtmlPages"]
