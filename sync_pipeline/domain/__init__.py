"""What a sync means: pure functions and frozen values. No I/O, no clock, no dagster, no httpx."""
