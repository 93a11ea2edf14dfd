"""Real workers, killed: nothing is lost, nothing happens twice. `scripts/bench chaos` is the same at full size."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

import _chaos_tasks as _tasks  # noqa: F401 - importing registers the handlers
import psycopg
import pytest
from _chaos_cluster import Cluster
from chaos import _execute, build_cluster, run_malha, servers

from malha.db import Database
from malha.db.migrate import upgrade
from malha.embedded.services import Services
from malha.jobs.models import Job
from malha.jobs.submit import Owner, submit
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
LEASE_SECONDS = 3


@contextmanager
def running(*names: str, lease_seconds: float = LEASE_SECONDS) -> Iterator[tuple[Cluster, Services]]:
    """A small deployment of the named members."""
    with servers() as (services, home):
        upgrade(services.database_url)
        _execute(services, "CREATE TABLE chaos_effects (job_id uuid NOT NULL, no int NOT NULL)")
        cluster = build_cluster(services, home, lease_seconds=lease_seconds)
        cluster.members = {name: cluster.members[name] for name in names}
        cluster.start()
        try:
            yield cluster, services
        finally:
            cluster.stop()


def submit_job(services: Services, parts: list[dict[str, Any]]) -> UUID:
    async def write() -> Job:
        database = Database(DatabaseSettings(url=services.database_url))
        async with database.session() as session:
            job = await submit(session, "chaos.large", input={}, parts=parts, owner=Owner(None, None))
            await session.commit()
        await database.dispose()
        return job

    return asyncio.run(write()).id


def until(condition: Callable[[], Any], *, seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail("it did not happen")
        time.sleep(0.1)
    return value


class Record:
    """What is committed."""

    def __init__(self, services: Services) -> None:
        self._connection = psycopg.connect(libpq_url(services.database_url), autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def state(self, job_id: UUID) -> str:
        return self.rows("SELECT state FROM jobs WHERE id = %s", job_id)[0][0]

    def runs(self, job_id: UUID) -> int:
        return self.rows("SELECT count(*) FROM job_events WHERE job_id = %s AND type = 'chaos.run'", job_id)[0][0]

    def effects(self, job_id: UUID) -> int:
        return self.rows("SELECT count(*) FROM chaos_effects WHERE job_id = %s", job_id)[0][0]


def test_random_kills_lose_nothing_and_do_nothing_twice() -> None:
    outcome, cluster = run_malha(20, 20261121, lease_seconds=LEASE_SECONDS)
    assert sum(cluster.killed.values()) > 5
    assert outcome.lost == 0, outcome.describe()
    assert outcome.double_effects + outcome.double_jobs == 0, outcome.describe()
    assert outcome.poison_not_dead_after_five == 0, outcome.describe()
    assert outcome.other_dead_parts == 0, outcome.describe()


def test_a_part_whose_worker_is_killed_runs_again_and_leaves_one_effect() -> None:
    with running("worker-1", "beat-1") as (cluster, services), Record(services) as record:
        job_id = submit_job(services, [{"seconds": 2}])
        until(lambda: record.runs(job_id) == 1)
        for child in cluster.members["worker-1"].children():
            child.kill()
        until(lambda: record.state(job_id) == "succeeded")
        assert (record.runs(job_id), record.effects(job_id)) == (2, 1)


def test_a_dead_process_keeps_no_lease() -> None:
    with running("worker-1", "beat-1", lease_seconds=3_600) as (_, services), Record(services) as record:
        job_id = submit_job(services, [{"poison": True}, {}])
        until(lambda: record.state(job_id) == "partial")
        assert (record.runs(job_id), record.effects(job_id)) == (6, 1)


def test_a_worker_that_wakes_up_after_its_lease_writes_nothing() -> None:
    with running("worker-1", "worker-2", "beat-1") as (cluster, services), Record(services) as record:
        job_id = submit_job(services, [{"seconds": 2}])
        until(lambda: record.runs(job_id) == 1)
        stopped = [child for name in ("worker-1", "worker-2") for child in cluster.members[name].children()]
        for child in stopped:
            child.send_signal(signal.SIGSTOP)
        until(lambda: record.rows("SELECT 1 FROM job_parts WHERE state = 'queued' AND attempts = 1"))
        for child in stopped:
            child.send_signal(signal.SIGCONT)
        until(lambda: record.state(job_id) == "succeeded")
        until(lambda: record.runs(job_id) == 2)
        assert record.effects(job_id) == 1


def test_losing_redis_whole_loses_no_job() -> None:
    with running("worker-1", "beat-1") as (cluster, services), Record(services) as record:
        job_ids = [submit_job(services, [{}] * 5) for _ in range(20)]
        for _ in range(3):
            cluster.flush_redis(None)  # type: ignore[arg-type]
            cluster.kill_redis(None)  # type: ignore[arg-type]
            time.sleep(1)
        until(lambda: all(record.state(job_id) == "succeeded" for job_id in job_ids))
        assert all(record.effects(job_id) == 5 for job_id in job_ids)
