"""Logs: one JSON object per line on standard error. Events carry ids and counts, never values of records."""

import logging
import sys

import structlog

HTTP_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


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


def silence_http_logs() -> None:
    """Httpx and httpcore tell whole addresses and headers: tokens sent as a parameter, names looked for.

    A filter and no level: `managed_python_loggers` of a dagster.yaml, or a person who debugs, sets levels.
    """
    for name in HTTP_LOGGERS:
        logging.getLogger(name).addFilter(nothing)  # adding it again changes nothing


def nothing(record: logging.LogRecord) -> bool:
    del record
    return False
