"""Trouble that may pass is waited out; trouble that will not is told at once, with its remedy."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from sync_pipeline.adapters.source.retry import retry_after
from sync_pipeline.domain.errors import SourceError, SourceRefused
from sync_pipeline_tests.adapters.source.support import (
    START,
    TOKEN,
    Script,
    VirtualClock,
    check,
    collect,
    keys,
    open_source,
    page,
    plan,
    read,
    stream,
)

REQUEST = httpx.Request("GET", "https://api.example.org")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_a_status_that_may_pass_is_tried_again(status: int) -> None:
    source = open_source(Script(httpx.Response(status), httpx.Response(status), page([1])))
    assert keys(read(source)) == ["1"]
    assert source.requests == 3


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (httpx.ConnectError("refused"), "no connection to https://api.example.org at"),
        (httpx.ConnectError("[SSL: RECORD_LAYER_FAILURE]"), r"no connection to \S+ \(no TLS: http or https\?\)"),
        (httpx.ConnectError("[Errno -2] Name or service"), r"no connection to \S+ \(no such host\)"),
        (httpx.ConnectTimeout("slow"), "a timeout"),
        (httpx.ReadTimeout("slow"), "a timeout"),
        (httpx.ReadError("reset"), "a broken answer"),
        (httpx.RemoteProtocolError("cut off"), "a broken answer"),
        (httpx.DecodingError("bad gzip", request=REQUEST), "a broken answer"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_connection_is_tried_again_and_then_named(error: Exception, what: str) -> None:
    assert keys(read(open_source(Script(error, page([1]))))) == ["1"]
    with pytest.raises(SourceError, match=rf"Page 1 of stream users could not be read: {what}.* last of 4 tries"):
        read(open_source(Script(error)), tries=4)


def test_used_up_tries_name_the_status_and_their_number() -> None:
    script = Script(httpx.Response(503))
    source = open_source(script)
    with pytest.raises(SourceError, match="HTTP 503 at the last of 10 tries"):
        read(source)
    assert len(script.requests) == source.requests == 10


def test_a_source_that_was_given_up_is_asked_little_more_until_it_answers() -> None:
    """Ten streams of a dead platform would keep a night's place for an hour otherwise."""
    clock, answer = VirtualClock(), page([1])
    dead, broken = [httpx.ReadTimeout("silent")] * 12, [httpx.Response(500)] * 9
    source = open_source(Script(*dead, answer, *broken, answer), clock=clock)

    async def session() -> None:
        async with source:
            with pytest.raises(SourceError, match="last of 10 tries"):
                await collect(source.pages(plan()))
            waited = clock.elapsed
            with pytest.raises(SourceError, match="last of 2 tries"):
                await collect(source.pages(plan()))
            assert clock.elapsed - waited <= 2
            assert keys(await collect(source.pages(plan()))) == ["1"]
            assert keys(await collect(source.pages(plan()))) == ["1"], "what answered has all its tries again"

    asyncio.run(session())


def test_waits_double_up_to_a_minute_and_are_jittered() -> None:
    clock = VirtualClock()
    with pytest.raises(SourceError):
        read(open_source(Script(httpx.Response(500)), clock=clock))
    full = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(clock.slept) == len(full)
    assert all(wait / 2 <= slept <= wait for slept, wait in zip(clock.slept, full, strict=True))
    assert clock.slept != full


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("header", ["3600", " 3600 ", "Sun, 01 Mar 2026 23:00:00 GMT"])
def test_retry_after_is_obeyed_whatever_its_length(status: int, header: str) -> None:
    clock = VirtualClock()
    script = Script(httpx.Response(status, headers={"Retry-After": header}), page([1]))
    assert keys(read(open_source(script, clock=clock))) == ["1"]
    assert clock.elapsed == 3600


@pytest.mark.parametrize("header", ["0", "-5", "soon", "", "Sun, 01 Mar 2020 23:00:00 GMT", "9" * 400])
def test_a_retry_after_that_asks_for_nothing_readable_falls_back_to_the_own_wait(header: str) -> None:
    clock = VirtualClock()
    script = Script(httpx.Response(429, headers={"Retry-After": header}), page([1]))
    read(open_source(script, clock=clock))
    assert 0.5 <= clock.elapsed <= 1.01  # or a second after the request before it


@given(st.text() | st.sampled_from(["Sun, 99 Mar 2026 99:99:99 GMT", "Sun, 01 Mar 99999 23:00:00 +9999"]))
def test_any_retry_after_is_read_without_an_error(header: str) -> None:
    wait = retry_after(header, START)
    assert wait is None or wait > 0


def test_a_429_counts_as_a_pause_and_a_5xx_does_not() -> None:
    busy = httpx.Response(503, headers={"Retry-After": "5"})
    source = open_source(Script(httpx.Response(429), httpx.Response(500), httpx.Response(429), busy, page([1])))
    read(source)
    assert source.pauses == 2


def test_an_everlasting_429_uses_up_the_tries() -> None:
    source = open_source(Script(httpx.Response(429, headers={"Retry-After": "60"})))
    with pytest.raises(SourceError, match="HTTP 429 at the last of 10 tries"):
        read(source)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_told_at_once_with_the_remedy(status: int) -> None:
    script = Script(httpx.Response(status, json={"message": "Unauthenticated."}))
    with pytest.raises(SourceRefused, match=f"HTTP {status}") as caught:
        read(open_source(script))
    assert len(script.requests) == 1
    assert "off until" in caught.value.remedy
    assert "enew" in caught.value.remedy
    assert TOKEN not in str(caught.value)


def test_a_token_refused_in_the_middle_of_a_read_ends_it() -> None:
    script = Script(page([1], "?page=2"), httpx.Response(401))
    with pytest.raises(SourceRefused, match="Page 2"):
        read(open_source(script))


@pytest.mark.parametrize("status", [400, 405, 409, 410, 422, 304])
def test_another_4xx_is_told_without_a_second_try(status: int) -> None:
    script = Script(httpx.Response(status, json={"message": "Jane Doe"}))
    with pytest.raises(SourceError, match=f"HTTP {status}") as caught:
        read(open_source(script))
    assert len(script.requests) == 1
    assert "Jane" not in str(caught.value)


def test_a_404_points_at_the_address() -> None:
    with pytest.raises(SourceError, match=r"path not found .* Check `base_url` .* `path`"):
        read(open_source(Script(httpx.Response(404))))


def test_logs_tell_stream_page_and_status_but_no_query_and_no_token() -> None:
    described = stream(parameters={"email_like": "jane@example.org"})
    with capture_logs([merge_contextvars]) as logs:
        read(open_source(Script(httpx.Response(500), page([1], "?page=2&email=jane"), page([2])), described))
    assert [entry.get("status") for entry in logs] == [500, None, 200, 200]
    assert {entry["stream"] for entry in logs} == {"users"}
    assert not any(secret in str(logs) for secret in (TOKEN, "jane", "http"))


def test_httpx_itself_does_not_log_addresses(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), caplog.at_level("DEBUG", "httpx"):  # as `managed_python_loggers` may set it
        read(open_source(Script(page([1])), auth={"kind": "query", "name": "api_key"}))
    assert (TOKEN in caplog.text, "httpx" in caplog.text) == (False, False)


def test_check_passes_on_a_good_first_page() -> None:
    script = Script(page([1], "?page=2"))
    check(open_source(script))
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_check_refuses_a_bad_token(status: int) -> None:
    with pytest.raises(SourceRefused):
        check(open_source(Script(httpx.Response(status))))


def test_check_refuses_another_shape() -> None:
    with pytest.raises(SourceError, match="another shape"):
        check(open_source(Script(httpx.Response(200, json={"users": []}))))


def test_check_gives_up_within_half_a_minute() -> None:
    clock = VirtualClock()
    with pytest.raises(SourceError, match="HTTP 502 at the last of 5 tries"):
        check(open_source(Script(httpx.Response(502)), clock=clock))
    assert clock.elapsed < 30
