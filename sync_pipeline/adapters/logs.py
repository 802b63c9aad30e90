"""Logs: one JSON object per line on standard error. Events carry ids and counts, never values of records."""

import logging
import sys

import structlog


def configure_logs(level: int = logging.INFO) -> None:
    """Send every structlog event of this process to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up for every event: whoever replaces standard error (a test, a supervisor) keeps getting them.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
