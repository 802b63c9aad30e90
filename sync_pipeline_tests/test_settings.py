"""The environment becomes settings, and a wrong variable is named without its value."""

from pathlib import Path

import pytest

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.settings import environment_variable, load_settings


def test_everything_has_a_default_below_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.home == tmp_path / ".sync"
    assert settings.database_url == f"sqlite:///{tmp_path}/.sync/state.db"
    assert settings.data_url == f"file://{tmp_path}/.sync/data"
    assert settings.data_folder == tmp_path / ".sync/data"
    assert settings.customers == tmp_path / "customers"
    assert settings.dagster_home == tmp_path / ".sync/dagster"
    assert (settings.slack_token, settings.slack_channel, settings.region) == (None, None, None)


def test_variables_replace_the_defaults_and_empty_ones_do_not_count() -> None:
    settings = load_settings(
        {
            "SYNC_HOME": "/srv/sync pipeline",
            "SYNC_DATABASE_URL": "postgresql+psycopg2://u:secret@db/sync",
            "SYNC_CUSTOMERS": "/etc/customers",
            "SYNC_SLACK_TOKEN": "xoxb-secret",
            "SYNC_SLACK_CHANNEL": "#sync",
            "SYNC_SLACK_BASE_URL": "http://127.0.0.1:8765/slack",
            "SYNC_REGION": "",
            "DAGSTER_HOME": "/srv/dagster",
            "OTHER": "x",
        }
    )
    assert settings.data_folder == Path("/srv/sync pipeline/data")
    assert settings.database_url == "postgresql+psycopg2://u:secret@db/sync"
    assert settings.dagster_home == Path("/srv/dagster")
    assert settings.region is None
    assert settings.slack_token is not None
    assert settings.slack_token.get_secret_value() == "xoxb-secret"
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SYNC_DATABASE_URL", "mysql://u:hunter2@db/x"),
        ("SYNC_DATABASE_URL", "/hunter2/state.db"),
        ("SYNC_DATA_URL", "/hunter2"),
        ("SYNC_DATA_URL", "s3://hunter2"),
        ("SYNC_DATA_URL", "file://hunter2/x"),
        ("SYNC_SLACK_BASE_URL", "hunter2"),
        ("SYNC_DAGSTER_SUCCESS_DAYS", "hunter2"),
    ],
)
def test_a_wrong_value_names_its_variable_and_not_itself(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_settings({variable: value})
    assert "hunter2" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sqlite:////hunter2/dagster.db", r"must be a postgresql\+psycopg2 address"),
        ("postgresql://dagster:hunter2@db/dagster", r"must be a postgresql\+psycopg2 address"),
        ("postgresql+psycopg2://dagster:hunter2@db:5432/sync", "must not name the database of SYNC_DATABASE_URL"),
    ],
)
def test_dagsters_storage_is_on_postgresql_in_a_database_of_its_own(address: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_settings({"SYNC_DATABASE_URL": "postgresql://sync@db/sync", "DAGSTER_PG_URL": address})
    assert "hunter2" not in str(caught.value)
    assert "DAGSTER_PG_URL: Write postgresql+psycopg2://" in caught.value.remedy
    address = "postgresql+psycopg2://db/dagster"
    fine = load_settings({"SYNC_DATABASE_URL": "postgresql://sync@db/sync", "DAGSTER_PG_URL": address})
    assert fine.dagster_database_url == address
    assert load_settings({}).dagster_database_url is None


@pytest.mark.parametrize("variable", ["SYNC_DAGSTER_SUCCESS_DAYS", "SYNC_DAGSTER_FAILURE_DAYS"])
def test_runs_of_dagster_are_kept_for_two_days_at_least(variable: str) -> None:
    assert getattr(load_settings({variable: "2"}), variable.removeprefix("SYNC_").lower()) == 2
    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_settings({variable: "1"})
    assert "2 or more" in caught.value.remedy


def test_an_unknown_home_folder_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="home folder"):
        load_settings({"SYNC_HOME": "~nobody-of-that-name/x"})


def test_secrets_read_variables_through_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIVERSIDE_TOKEN", "x")
    monkeypatch.delenv("HARBOR_TOKEN", raising=False)
    assert (environment_variable("RIVERSIDE_TOKEN"), environment_variable("HARBOR_TOKEN")) == ("x", None)
