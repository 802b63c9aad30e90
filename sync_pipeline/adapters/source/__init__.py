"""Reading a source platform over HTTP: one customer's account, page by page."""

from sync_pipeline.adapters.source.http_source import HttpSource

__all__ = ["HttpSource"]
