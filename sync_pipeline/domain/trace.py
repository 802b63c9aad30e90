"""Trace ids: what ties a request that somebody else has logged to the run that sent it (W3C Trace Context)."""

import hashlib
import re
import uuid

TRACEPARENT = "traceparent"
TRACE_ID_LENGTH, SPAN_ID_LENGTH = 32, 16

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOTHING = uuid.UUID(int=0)


def trace_id_of(dagster_run_id: str) -> str:
    """The trace of a slice: the id of its Dagster run without the hyphens; of what is no such id a hash.

    A sweep is one Dagster run with a slice for each customer that it polls (`<run>:<customer>`): they share its trace.
    """
    run = dagster_run_id.partition(":")[0].lower()
    if _UUID.fullmatch(run) and uuid.UUID(run) != _NOTHING:
        return uuid.UUID(run).hex
    return hashlib.blake2b(dagster_run_id.encode(), digest_size=TRACE_ID_LENGTH // 2).hexdigest()


def span_id_of(batch_id: str) -> str:
    """The span of a request of the ledger; also of an attempt that is read back."""
    return batch_id[:SPAN_ID_LENGTH]


def traceparent(trace_id: str, span_id: str | None = None) -> str:
    """The header's value; a request without a batch gets a span of its own."""
    return f"00-{trace_id}-{span_id or span_id_of(uuid.uuid4().hex)}-01"
