"""The state store: positions, change sets, ledger, quota and leases in SQLite or PostgreSQL."""
