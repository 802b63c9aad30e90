"""Trace ids: from the id of a Dagster run to the header of a request."""

import re
import uuid

import pytest

from sync_pipeline.domain.trace import span_id_of, trace_id_of, traceparent

RUN = "3f0b6f0e-6a9f-4d1c-9c3b-0a1b2c3d4e5f"
W3C = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")


def test_the_trace_of_a_slice_is_the_id_of_its_dagster_run() -> None:
    assert trace_id_of(RUN) == RUN.replace("-", "")
    assert trace_id_of(RUN.upper()) == RUN.replace("-", "")


def test_the_polls_of_one_sweep_share_the_trace_of_its_dagster_run() -> None:
    assert trace_id_of(f"{RUN}:riverside") == trace_id_of(f"{RUN}:lakeside") == trace_id_of(RUN)


@pytest.mark.parametrize("run", ["nightly-20260301T220000-ab12cd", "", str(uuid.UUID(int=0)), RUN.replace("-", "")])
def test_what_is_no_id_of_dagster_gets_a_trace_of_its_own_that_never_changes(run: str) -> None:
    assert trace_id_of(run) == trace_id_of(run) != trace_id_of(f"{run}x")
    assert W3C.fullmatch(traceparent(trace_id_of(run)))


def test_a_request_of_the_ledger_is_known_again_by_its_batch() -> None:
    batch = uuid.uuid4().hex
    assert traceparent(trace_id_of(RUN), span_id_of(batch)) == f"00-{trace_id_of(RUN)}-{batch[:16]}-01"


def test_every_other_request_has_a_span_of_its_own() -> None:
    first, second = traceparent(trace_id_of(RUN)), traceparent(trace_id_of(RUN))
    assert W3C.fullmatch(first)
    assert W3C.fullmatch(second)
    assert first != second
