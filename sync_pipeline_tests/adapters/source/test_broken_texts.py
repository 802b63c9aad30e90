"""A text that was cut inside an emoji must not stop everybody on its page."""

import pytest

from sync_pipeline.adapters.source.body import NotJsonError, decode


def test_half_an_emoji_becomes_the_replacement_character_and_the_rest_stays() -> None:
    content = rb'{"data": [{"id": 1, "name": "Ann\ud83d"}, {"id": 2, "name": "Bo \ud83d\ude00", "tag": "\\ud83d"}]}'
    (first, second) = decode(content)["data"]
    assert first["name"].startswith("Ann")
    assert len(first["name"]) == 4
    first["name"].encode("utf-8")
    assert (second["name"], second["tag"]) == ("Bo \U0001f600", "\\ud83d")


def test_what_is_cut_off_stays_refused() -> None:
    with pytest.raises(NotJsonError):
        decode(rb'{"data": [{"name": "Ann\ud83d"')
