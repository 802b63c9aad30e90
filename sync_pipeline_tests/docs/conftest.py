"""Documents are tried out by the commands they show."""

from sync_pipeline_tests.cli.conftest import command
from sync_pipeline_tests.cli.giving_fleet import giving
from sync_pipeline_tests.docs.place import place
from sync_pipeline_tests.sandbox_fleet import world

__all__ = ["command", "giving", "place", "world"]  # fixtures of the tests below this folder
