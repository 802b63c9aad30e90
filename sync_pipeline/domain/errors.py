"""Errors a person has to act on. Each one carries its remedy; none carries a secret or personal data.

SyncError                   base: message + remedy, with a stable code for --json
├── ConfigurationError      wrong files or settings; exit code 2
├── PrerequisiteError       a credential, permission or organization is not fit to sync; the run fails
├── SourceError             the source answered something that must not be read on; fails its stream
│   ├── SourceRefused       401 or 403 from the source
│   │   └── TokenRefused    401: the credential itself
│   └── SourceUnavailable   no answer, or none but 5xx and 429; another time it may go on
├── DestinationError        Virtuous answered in a way that ends the slice
├── ParkedError             not a failure: the slice stops on purpose
│   └── PlatformDown        a platform fails for several customers in a row; one of them tries
└── BusyError               another process holds this customer's lease; exit code 4
"""

from datetime import datetime


class SyncError(Exception):
    """Something went wrong that a person can mend by following `remedy`."""

    code = "error"

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class ConfigurationError(SyncError):
    """The configuration or the command line is wrong; nothing was read or written."""

    code = "configuration"


class PrerequisiteError(SyncError):
    """A credential, a permission or the organization itself is not fit for a run."""

    code = "prerequisite"


class SourceError(SyncError):
    """The source answered in a way that must not be taken for data."""

    code = "source"


class SourceRefused(SourceError):
    """The source refused the credential (401) or the rights of it (403)."""

    code = "source_refused"


class TokenRefused(SourceRefused):
    """The source does not accept the credential (401)."""


class SourceUnavailable(SourceError):
    """The source gave no answer that can be used, and may give one another time."""

    code = "source_unavailable"


class DestinationError(SyncError):
    """Virtuous answered in a way that ends the slice."""

    code = "destination"


class BusyError(SyncError):
    """Another process is syncing this customer."""

    code = "busy"


class PausedError(SyncError):
    """The breaker or a person stopped this customer; exit code 4."""

    code = "paused"


class ParkedError(SyncError):
    """The slice stops on purpose, to go on at `until`: the budget or the time is used up. Not a failure."""

    code = "parked"

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(f"Parked until {until:%Y-%m-%d %H:%M:%S} UTC: {reason}.", "It resumes by itself.")
        self.until = until
        self.reason = reason


class PlatformDown(ParkedError):
    """A platform fails for several customers in a row: it is left alone until one of them has tried."""

    code = "platform_down"
