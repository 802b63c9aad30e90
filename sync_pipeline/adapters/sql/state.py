"""The whole state store: one database, one object per concept."""

from datetime import timedelta
from typing import Any

from sync_pipeline.adapters.sql.alert_book import SqlAlertBook
from sync_pipeline.adapters.sql.audit import SqlAudit
from sync_pipeline.adapters.sql.breakers import SqlBreakers
from sync_pipeline.adapters.sql.confirming import SqlConfirming
from sync_pipeline.adapters.sql.crm_ids import SqlCrmIds
from sync_pipeline.adapters.sql.cuts import SqlCuts
from sync_pipeline.adapters.sql.database import Database
from sync_pipeline.adapters.sql.day_book import SqlDayBook
from sync_pipeline.adapters.sql.dead_letters import SqlDeadLetters
from sync_pipeline.adapters.sql.finished_runs import SqlFinishedRuns
from sync_pipeline.adapters.sql.fleet import SqlFleet
from sync_pipeline.adapters.sql.fleet_history import SqlFleetHistory
from sync_pipeline.adapters.sql.fleet_state import SqlFleetState
from sync_pipeline.adapters.sql.forgetting import SqlForgetting
from sync_pipeline.adapters.sql.held import SqlHeld
from sync_pipeline.adapters.sql.interrupted import SqlInterrupted
from sync_pipeline.adapters.sql.leases import SqlLeases
from sync_pipeline.adapters.sql.measuring import SqlMeasures
from sync_pipeline.adapters.sql.objectives import SqlObjectives
from sync_pipeline.adapters.sql.parks import SqlParks
from sync_pipeline.adapters.sql.planning import SqlPlanning
from sync_pipeline.adapters.sql.platforms import SqlPlatforms
from sync_pipeline.adapters.sql.positions import SqlPositions
from sync_pipeline.adapters.sql.pruning import SqlPruning
from sync_pipeline.adapters.sql.quota import SqlQuota
from sync_pipeline.adapters.sql.region import SqlRegion
from sync_pipeline.adapters.sql.run_history import SqlRunHistory
from sync_pipeline.adapters.sql.runs import SqlRuns, standing_failures
from sync_pipeline.adapters.sql.sending import SqlSending, count_by_state
from sync_pipeline.adapters.sql.source_paces import SqlPaceMemory
from sync_pipeline.adapters.sql.waiting import SqlWaiting, waiting_groups
from sync_pipeline.domain.lease import Lease
from sync_pipeline.domain.quota import QuotaRule
from sync_pipeline.ports import Clock, DestinationName, Sender, WaitingGroup


class StateStore:
    """Opens the database (migrating it when it is behind) and hands out its parts."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._clock = clock
        self.database = Database(url)
        self.alerts = SqlAlertBook(self.database, clock)
        self.audit = SqlAudit(self.database, clock)
        self.breakers = SqlBreakers(self.database, clock)
        self.crm_ids = SqlCrmIds(self.database, clock)
        self.cuts = SqlCuts(self.database, clock)
        self.days = SqlDayBook(self.database)
        self.dead_letters = SqlDeadLetters(self.database, clock)
        self.forgetting = SqlForgetting(self.database, clock)
        self.held = SqlHeld(self.database, clock)
        self.interrupted = SqlInterrupted(self.database, clock)
        self.leases = SqlLeases(self.database, clock)
        self.finished_runs = SqlFinishedRuns(self.database)
        self.fleet = SqlFleet(self.database, clock, self.leases)
        self.planning = SqlPlanning(self.database, clock)
        self.platforms = SqlPlatforms(self.database, clock)
        self.fleet_state = SqlFleetState(self.database, clock, self.fleet, self.platforms)
        self.measures = SqlMeasures(self.database, clock, self.platforms)
        self.objectives = SqlObjectives(self.database, clock)
        self.parks = SqlParks(self.database)
        self.positions = SqlPositions(self.database, clock)
        self.pruning = SqlPruning(self.database, clock)
        self.quota = SqlQuota(self.database, clock)
        self.region = SqlRegion(self.database)
        self.history = SqlRunHistory(self.database)
        self.fleet_history = SqlFleetHistory(self.database, self.leases)
        self.runs = SqlRuns(self.database, clock)

    def sending(
        self, lease: Lease, sender: Sender, name: DestinationName, rule: QuotaRule, settle: timedelta = timedelta()
    ) -> SqlSending:
        return SqlSending(self.database, self._clock, lease, sender, name, rule, settle)

    def confirming(self, lease: Lease, run_id: str) -> SqlConfirming:
        return SqlConfirming(self.database, self._clock, lease, run_id)

    def waiting(self, lease: Lease, run_id: str) -> SqlWaiting:
        return SqlWaiting(self.database, self._clock, lease, run_id)

    def pace_memory(self, customer_id: str, source: str) -> SqlPaceMemory:
        return SqlPaceMemory(self.database, self._clock, customer_id, source)

    def waiting_groups(self, customer_id: str) -> list[WaitingGroup]:
        """What waits for what."""
        return waiting_groups(self.database, customer_id)

    def standing_failures(self, customer_id: str, limit: int) -> list[dict[str, Any]]:
        """What needs a person, whichever run it comes from: ids and reasons, never values."""
        return standing_failures(self.database, customer_id, limit)

    def ledger_counts(self, customer_id: str) -> dict[str, int]:
        """All operations of a customer by state."""
        with self.database.read() as connection:
            return count_by_state(connection, customer_id)

    def close(self) -> None:
        self.database.close()
