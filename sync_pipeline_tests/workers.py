"""Which worker takes which test: each takes the next when it is free, but modules that share something stay whole.

pytest-xdist has `--dist loadgroup` for this; its 3.8 gives groups to nobody with pytest 9.2, which keeps node ids
elsewhere.
"""

from xdist.scheduler import LoadScopeScheduling

WHOLE = (
    "sync_pipeline_tests/adapters/source/test_vomo_connector.py",
    "sync_pipeline_tests/cli/test_demo.py",
    "sync_pipeline_tests/end_to_end/test_metrics.py",
    "sync_pipeline_tests/end_to_end/test_privacy.py",
)
"""What their tests look at takes up to a minute to make. They come first, the longest of them ahead."""


class ByTest(LoadScopeScheduling):
    """Implements the scheduling of pytest-xdist."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in WHOLE else nodeid
