"""`python -m sync_pipeline` is `sync-pipeline`."""

import sys

from sync_pipeline.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
