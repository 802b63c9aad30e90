"""The instance files through Dagster's own validation, on a real PostgreSQL, and their storage really used."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.instance.config import dagster_instance_config
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from sqlalchemy import text

from sync_pipeline.adapters.sql.database import create_engine_for
from sync_pipeline.definitions import defs
from sync_pipeline_tests.deploy.files import DEPLOY, ROOT, read_yaml
from sync_pipeline_tests.postgres import PostgresServer

KUBERNETES = DEPLOY / "kubernetes/dagster.yaml"


@pytest.fixture
def dagster_url(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = postgres_server.create_database()
    monkeypatch.setenv("DAGSTER_PG_URL", postgres_server.url(name))
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def instance(dagster_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    assert dagster_url
    (tmp_path / "dagster.yaml").write_bytes((DEPLOY / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def test_what_dagster_keeps_is_on_postgresql(instance: dg.DagsterInstance, dagster_url: str, tmp_path: Path) -> None:
    instance.add_dynamic_partitions("customers", ["riverside"])
    run = instance.create_run_for_job(defs.resolve_job_def("nightly_sync"), tags={"dagster/partition": "riverside"})
    instance.report_engine_event("it was seen", run)
    with dg.DagsterInstance.from_ref(instance.get_ref()) as again:  # as a run's process opens it
        assert [found.run_id for found in again.get_runs()] == [run.run_id]
        assert again.get_dynamic_partitions("customers") == ["riverside"]
    engine = create_engine_for(dagster_url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT run_id FROM runs JOIN event_logs USING (run_id)")).all()
    engine.dispose()
    assert {row.run_id for row in rows} == {run.run_id}
    assert not list(tmp_path.rglob("*.db"))


def test_its_settings_are_those_that_dagster_works_with(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert (queue.max_concurrent_runs, queue.should_block_op_concurrency_limited_runs) == (8, True)
    assert [dict(limit) for limit in queue.tag_concurrency_limits] == [
        {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]
    assert isinstance(instance.compute_log_manager, NoOpComputeLogManager)
    assert instance.run_monitoring_enabled
    assert not instance.run_retries_enabled
    assert not instance.telemetry_enabled
    assert instance.get_settings("sensors") == {"use_threads": True, "num_workers": 4, "num_submit_workers": 4}
    assert instance.code_server_process_startup_timeout == 180


@pytest.mark.usefixtures("dagster_url")
@pytest.mark.parametrize("file", [ROOT / "dagster.yaml", DEPLOY / "dagster.yaml"], ids=["sqlite", "postgresql"])
def test_both_say_the_same_about_runs(file: Path, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_bytes(file.read_bytes())
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["run_retries"]["enabled"] is False
    assert config["telemetry"] == {"enabled": False}
    assert config["run_monitoring"]["max_runtime_seconds"] == 90_000
    (limit,) = config["run_queue"]["tag_concurrency_limits"]
    assert (limit["key"], limit["limit"]) == ("dagster/partition", 1)


def test_the_one_for_kubernetes_differs_in_what_it_must() -> None:
    mine, common = read_yaml(KUBERNETES), read_yaml(DEPLOY / "dagster.yaml")
    del mine["run_launcher"]
    for file in (mine, common):
        del file["run_queue"]["max_concurrent_runs"], file["run_monitoring"]["start_timeout_seconds"]
    assert mine == common


def test_the_launcher_of_kubernetes_makes_a_pod_with_our_stores(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built by Dagster from the file; only where its cluster is comes from here, and nobody asks that."""
    (tmp_path / "kubeconfig").write_text(KUBECONFIG, encoding="utf-8")
    home = tmp_path / "kubernetes"
    home.mkdir()
    file = KUBERNETES.read_text(encoding="utf-8")
    inside = f"  config:\n    load_incluster_config: false\n    kubeconfig_file: {tmp_path / 'kubeconfig'}\n"
    (home / "dagster.yaml").write_text(file.replace("  config:\n", inside, 1), encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.from_config(str(home)) as with_pods:
        launcher: Any = with_pods.run_launcher
        context = launcher.get_container_context_for_run(
            instance.create_run_for_job(defs.resolve_job_def("nightly_sync"))
        )
        job = import_module("dagster_k8s.job").construct_dagster_k8s_job(
            context.get_k8s_job_config(job_image="registry/sync:2", run_launcher=launcher),
            ["dagster", "api", "execute_run"],
            "dagster-run-1",
            context.run_k8s_config,
        )
    assert (type(launcher).__name__, context.namespace) == ("K8sRunLauncher", "sync-us")
    pod = job.spec.template.spec
    (container,) = pod.containers
    assert [*container.command, *container.args] == ["with-password", "dagster", "api", "execute_run"]
    assert container.image == "registry/sync:2"
    resources = container.resources
    assert (resources.requests, resources.limits) == ({"cpu": "250m", "memory": "256Mi"}, {"memory": "1Gi"})
    assert {source.config_map_ref.name for source in container.env_from if source.config_map_ref} == {"sync-pipeline"}
    assert {source.secret_ref.name for source in container.env_from if source.secret_ref} == {"sync-pipeline"}
    mounts = {mount.mount_path: mount.read_only for mount in container.volume_mounts}
    assert mounts == {"/var/lib/sync": None, "/etc/sync/customers": True}
    assert {variable.name: variable.value for variable in container.env}["DAGSTER_HOME"] == "/etc/sync/dagster"
    assert (pod.service_account_name, pod.termination_grace_period_seconds) == ("sync-pipeline", 60)
    assert job.spec.ttl_seconds_after_finished == 600


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {}}]
"""
