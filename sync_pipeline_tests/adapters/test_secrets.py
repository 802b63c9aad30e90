"""Secrets are found where a reference points, and never shown when they cannot be used."""

import json
from pathlib import Path

import pytest

from sync_pipeline.adapters.configuration import missing_secrets
from sync_pipeline.adapters.secrets import Secrets
from sync_pipeline.domain.errors import PrerequisiteError
from sync_pipeline_tests.adapters.configuration.folder import valid_folder

TOKEN = "sk-0123456789abcdef"
SECRETS = Secrets({"GOOD": f" {TOKEN}\n", "EMPTY": " ", "TWO": f"{TOKEN} {TOKEN}", "WORD": f"{TOKEN}é"}.get)


def test_an_environment_variable_is_read() -> None:
    assert SECRETS.resolve("env:GOOD", Path()) == TOKEN


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}\n", f"{TOKEN}\r\n", f"\ufeff{TOKEN}\n"])
def test_a_file_is_read_relative_to_the_base_without_its_newline(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8", newline="")
    assert SECRETS.resolve("file:token", tmp_path) == TOKEN
    assert SECRETS.resolve(f"file:{tmp_path / 'token'}", Path("/elsewhere")) == TOKEN


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:ABSENT", "ABSENT is not set"),
        ("env:EMPTY", "EMPTY is empty"),
        ("env:TWO", "white space"),
        ("env:WORD", "characters"),
        ("file:absent", "no secret file"),
        ("file:.", "no secret file"),
        (TOKEN, "literal"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_with_a_remedy(tmp_path: Path, reference: str, words: str) -> None:
    with pytest.raises(PrerequisiteError, match=words) as caught:
        SECRETS.resolve(reference, tmp_path)
    assert caught.value.remedy
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", f"{TOKEN}\n{TOKEN}\n".encode(), b"x" * 70_000])
def test_a_file_without_one_token_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(PrerequisiteError) as caught:
        SECRETS.resolve("file:token", tmp_path)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("field", ["access_token", "refresh_token"])
def test_an_oauth_token_pair_is_refused_by_name(tmp_path: Path, field: str) -> None:
    (tmp_path / "token").write_text(json.dumps({field: TOKEN, "expires": "2020"}), encoding="utf-8")
    with pytest.raises(PrerequisiteError, match="OAuth token pair") as caught:
        SECRETS.resolve("file:token", tmp_path)
    assert TOKEN not in str(caught.value)


def test_the_resolver_shows_no_secret() -> None:
    SECRETS.resolve("env:GOOD", Path())
    assert TOKEN not in repr(SECRETS)
    assert TOKEN not in repr(vars(SECRETS))


def test_missing_secrets_are_problems_at_their_line_and_do_not_stop_the_fleet(tmp_path: Path) -> None:
    folder = valid_folder(tmp_path)
    fleet = folder.load()
    assert list(fleet.customers) == ["riverside"]
    found = missing_secrets(fleet.secrets["riverside"], Secrets({"RIVERSIDE_VIRTUOUS_TOKEN": TOKEN}.get))
    assert [(problem.line, problem.key) for problem in found] == [(11, "sources.people.token")]
    folder.write("secrets/people.token", TOKEN)
    assert missing_secrets(fleet.secrets["riverside"], Secrets({"RIVERSIDE_VIRTUOUS_TOKEN": TOKEN}.get)) == []
