"""Are the secrets there that the fleet refers to? Nothing but their presence is looked at."""

from collections.abc import Iterable
from pathlib import Path

from sync_pipeline.adapters.configuration.customer_parts import SecretUse
from sync_pipeline.adapters.configuration.problem import Problem
from sync_pipeline.adapters.secrets import Secrets
from sync_pipeline.domain.errors import SyncError


def missing_secrets(uses: Iterable[SecretUse], secrets: Secrets) -> list[Problem]:
    """A problem for every reference that cannot be resolved."""
    problems = []
    for use in uses:
        try:
            secrets.resolve(use.reference, Path())
        except SyncError as error:
            problems.append(Problem(use.file, use.line, use.key, error.message.rstrip("."), error.remedy))
    return problems
