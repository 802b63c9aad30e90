"""Settings of the whole process, and the only reader of environment variables."""

import os
import re
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from sync_pipeline.domain.alerts.summary_time import SummaryTime
from sync_pipeline.domain.errors import ConfigurationError

PREFIX = "SYNC_"
NEVER = "never"
DAGSTER_HOME = "DAGSTER_HOME"
DAGSTER_PG_URL = "DAGSTER_PG_URL"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # OpenTelemetry's own name
DATABASE_URL = re.compile(r"(sqlite|postgresql)(\+[a-z0-9_]+)?://.*", re.DOTALL)
POSTGRES_PORT = 5432
DAGSTER_URL = re.compile(r"postgresql\+psycopg2://.*", re.DOTALL)
FOLDER_REMEDY = "Set it to a folder, absolute or relative to where the command is started."
REMEDIES = {
    "SYNC_DATABASE_URL": "Write sqlite:////absolute/path/state.db or postgresql://user:password@host/database.",
    DAGSTER_PG_URL: "Write postgresql+psycopg2://user@host/dagster, a database of Dagster's own.",
    "SYNC_DATA_URL": "Write file:// and an absolute path, such as file:///var/lib/sync/data.",
    "SYNC_SLACK_BASE_URL": "Write an address such as https://slack.com/api.",
    "SYNC_UI_URL": "Write the address at which people open the Dagster UI, such as https://dagster.example.org.",
    "SYNC_DOCS_URL": "Write the address of the folder `docs` as people read it.",
    "SYNC_HEARTBEAT_URL": "Write the address that your cron monitor gave you, such as https://hc-ping.com/….",
    "SYNC_SUMMARY_AT": "Write a local time and an IANA time zone, such as 07:00 America/Chicago, or never.",
    OTLP_ENDPOINT: "Write the address of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318.",
    "SYNC_DAGSTER_SUCCESS_DAYS": "Write a whole number of days, 2 or more.",
    "SYNC_DAGSTER_FAILURE_DAYS": "Write a whole number of days, 2 or more.",
}
Days = Annotated[int, Field(ge=2, le=36_500)]
"""A slot is tried again for a day at most, and its tries are counted by Dagster's runs."""


class Settings(BaseSettings):
    """Where the pipeline keeps its state and finds its fleet. Every path is absolute."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    home: Path = Path(".sync")
    database_url: Annotated[str, Field(repr=False)]
    data_url: str
    customers: Path = Path("customers")
    slack_token: SecretStr | None = None
    slack_channel: str | None = None
    slack_base_url: HttpUrl = HttpUrl("https://slack.com/api")
    ui_url: HttpUrl | None = None
    docs_url: HttpUrl | None = None
    summary_at: SummaryTime | None = SummaryTime(time(7), ZoneInfo("UTC"))
    heartbeat_url: Annotated[HttpUrl | None, Field(repr=False)] = None
    region: str | None = None
    dagster_success_days: Days = 7
    dagster_failure_days: Days = 30
    dagster_home: Annotated[Path, Field(alias=DAGSTER_HOME)]
    dagster_database_url: Annotated[str | None, Field(alias=DAGSTER_PG_URL, repr=False)] = None
    otlp_endpoint: Annotated[HttpUrl | None, Field(alias=OTLP_ENDPOINT, repr=False)] = None

    @property
    def data_folder(self) -> Path:
        """The folder that `data_url` means."""
        return Path(unquote(urlsplit(self.data_url).path))

    @model_validator(mode="before")
    @classmethod
    def derive_from_home(cls, values: dict[str, Any]) -> dict[str, Any]:
        """What was not set lies inside `home`."""
        home = absolute(Path(values.get("home", ".sync")))
        derived = {
            "database_url": f"sqlite:///{home / 'state.db'}",
            "data_url": (home / "data").as_uri(),
            DAGSTER_HOME: home / "dagster",
        }
        return {**derived, **values}

    @field_validator("home", "customers", "dagster_home")
    @classmethod
    def make_absolute(cls, value: Path) -> Path:
        return absolute(value)

    @field_validator("summary_at", mode="before")
    @classmethod
    def summary_time_is_known(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value == NEVER:
            return None
        at, _, zone = value.partition(" ")
        try:
            return SummaryTime(time.fromisoformat(at), ZoneInfo(zone or "UTC"))
        except (ValueError, ZoneInfoNotFoundError):
            raise ValueError("must be a time of the day and a time zone, or never") from None

    @field_validator("database_url")
    @classmethod
    def database_is_known(cls, value: str) -> str:
        if DATABASE_URL.fullmatch(value) is None:
            raise ValueError("must be a sqlite or postgresql address")
        return value

    @field_validator("dagster_database_url")
    @classmethod
    def dagster_is_on_postgresql_and_alone(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and DAGSTER_URL.fullmatch(value) is None:
            raise ValueError("must be a postgresql+psycopg2 address")  # Dagster takes it as it is
        # Both have a table `runs` and one for their revision, and would take the other's for their own.
        if value is not None and database_of(value) == database_of(info.data.get("database_url", "")):
            raise ValueError("must not name the database of SYNC_DATABASE_URL")
        return value

    @field_validator("data_url")
    @classmethod
    def data_is_a_local_folder(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme != "file" or address.netloc or not address.path.startswith("/"):
            raise ValueError("must be a file:// address with an absolute path; nothing else is supported yet")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named_others: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` passes counts, so that a test's environment is the whole environment."""
        del settings_cls, others, named_others
        return (init_settings,)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ`, by default the process's environment; an empty variable counts as not set.

    Raises:
        ConfigurationError: a value is wrong; names the variable, never repeats the value.
    """
    environment = EnvSettingsSource(Settings, case_sensitive=False)
    environment.env_vars = {
        name.lower(): value for name, value in (os.environ if environ is None else environ).items() if value
    }
    try:
        return Settings(**environment())
    except ValidationError as error:
        raise wrong_variables(error) from None
    except RuntimeError as error:
        raise ConfigurationError(
            "A path in the environment names an unknown home folder (~).", FOLDER_REMEDY
        ) from error


def environment_variable(name: str) -> str | None:
    """The value of one environment variable: how a secret reference `env:NAME` is read."""
    return os.environ.get(name)


def database_of(url: str) -> tuple[str | None, int, str, tuple[str, ...]]:
    """Which database an address means, whoever opens it and through which driver."""
    try:
        parts = urlsplit(url)
        port = parts.port or POSTGRES_PORT
    except ValueError:  # not an address; whoever opens it says so
        return None, 0, url, ()
    return parts.hostname, port, parts.path, tuple(value for name, value in parse_qsl(parts.query) if name == "host")


def absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def wrong_variables(error: ValidationError) -> ConfigurationError:
    details = error.errors(include_url=False, include_input=False)
    names = [variable_name(str(detail["loc"][0])) for detail in details]
    reasons = [f"{name} {reason(str(detail['msg']))}" for name, detail in zip(names, details, strict=True)]
    return ConfigurationError(
        f"The environment is wrong: {'; '.join(reasons)}.",
        " ".join(f"{name}: {REMEDIES.get(name, FOLDER_REMEDY)}" for name in names),
    )


def variable_name(field: str) -> str:
    return field if field in {DAGSTER_HOME, DAGSTER_PG_URL, OTLP_ENDPOINT} else f"{PREFIX}{field.upper()}"


def reason(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
