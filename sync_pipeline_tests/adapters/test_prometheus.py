"""What Prometheus reads, judged by prometheus_client's own parser."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync_pipeline.adapters.prometheus import KEPT_SECONDS, KeptMeasures, bound, create_app, exposition
from sync_pipeline.domain import metrics
from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.domain.metrics import Measured
from sync_pipeline_tests.clock import FakeClock


def one_value(value: float = 1.5, customer: str = "riverside") -> Measured:
    measured = Measured()
    measured.add(metrics.CHECKPOINT_AGE, value, customer)
    return measured


def test_what_is_measured_is_read_back_with_its_labels_and_its_help() -> None:
    text = exposition(one_value(customer='odd "name"\\'))
    families = {family.name: family for family in text_string_to_metric_families(text)}
    (sample,) = families["sync_checkpoint_age_seconds"].samples
    assert (sample.labels, sample.value) == ({"customer": 'odd "name"\\'}, 1.5)
    assert families["sync_paused"].documentation == metrics.PAUSED.help
    assert families["sync_paused"].samples == []


def test_values_are_kept_for_a_moment_however_many_ask() -> None:
    clock, asked = FakeClock(), list[float]()

    def measure() -> Measured:
        asked.append(clock.monotonic())
        return one_value(len(asked))

    kept = KeptMeasures(measure, clock)
    assert kept.newest() is kept.newest()
    clock.advance(seconds=KEPT_SECONDS)
    assert kept.newest().values[metrics.CHECKPOINT_AGE] == {("riverside",): 2}
    assert len(asked) == 2


def test_a_failure_is_503_without_its_words_and_the_next_scrape_tries_again() -> None:
    answers: list[Measured | Exception] = [OSError("postgresql://sync:hunter2@db"), one_value()]

    def measure() -> Measured:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    app = create_app(KeptMeasures(measure, FakeClock()))

    async def scrapes() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://metrics") as client:
            return [await client.get("/metrics") for _ in range(2)]

    refused, taken = asyncio.run(scrapes())
    assert (refused.status_code, "hunter2" in refused.text) == (503, False)
    assert "sync_checkpoint_age_seconds" in taken.text


def test_an_address_of_somebody_else_is_refused_with_the_options() -> None:
    with pytest.raises(ConfigurationError) as caught:
        bound("192.0.2.1", 0)
    assert "--host" in caught.value.remedy
