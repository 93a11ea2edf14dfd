"""Three beats and a worker as real processes, of which the leaders are killed: each moment is dealt with once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.types.json import Jsonb
from tests.factories.identity import Account, Accounts
from tests.fakes.processes import celery_process, wait_for

from malha.db import Database
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings, SecuritySettings

pytestmark = pytest.mark.slow

SCHEDULES = 8
MOMENTS = ("2026-03-02T10:00:00Z", "2026-03-02T10:10:00Z", "2026-03-02T10:20:00Z")
_ADD = """
INSERT INTO schedules (id, workspace_id, owner_id, name, action, input, cron, time_zone, catch_up, state)
VALUES (%s, %s, %s, 'x', 'exports.build', %s, '*/10 * * * *', 'America/Sao_Paulo', 'once', 'active')
"""
_BEAT_PIDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'malha beat' AND datname = current_database()"


def add_owner(database_url: str) -> Account:
    async def add() -> Account:
        database = Database(DatabaseSettings(url=database_url))
        try:
            return await Accounts(database, SecuritySettings()).add()
        finally:
            await database.dispose()

    return asyncio.run(add())


@contextlib.contextmanager
def processes(url: str, redis_url: str, folder: Path) -> Iterator[list[Popen[bytes]]]:
    """Three beats, and one worker that is not in the list."""
    environ = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "JOB_QUEUE_PREFIX": f"{urlsplit(url).path.lstrip('/')}.",
        "JOB_TICK_SECONDS": "0.2",
        "UPLOADS_DIR": str(folder / "uploads"),
    }
    with contextlib.ExitStack() as stack:
        worker = celery_process("worker", "-c1", "--loglevel=INFO", environ=environ, log=folder / "worker.log")
        stack.enter_context(worker)
        yield [
            stack.enter_context(
                celery_process(
                    "beat", "--pidfile=", "--loglevel=INFO", environ=environ, log=folder / f"beat{number}.log"
                )
            )
            for number in range(3)
        ]


@pytest.mark.timeout(300)  # four processes start, which takes a minute on a busy machine
def test_killed_leaders_neither_miss_nor_repeat_a_moment(
    new_database: Callable[..., str], redis_url: str, tmp_path: Path
) -> None:
    url = new_database()
    owner = add_owner(url)
    asked = Jsonb({"list": "expenses", "format": "csv"})
    with psycopg.connect(libpq_url(url), autocommit=True) as record, processes(url, redis_url, tmp_path) as beats:
        for _ in range(SCHEDULES):
            record.execute(_ADD, [new_id(), owner.workspace_id, owner.id, asked])
        wait_for(lambda: len(record.execute(_BEAT_PIDS).fetchall()) >= 1, log=tmp_path / "beat0.log")
        for number, moment in enumerate(MOMENTS):
            record.execute("UPDATE schedules SET next_run_at = %s", [moment])
            if number < len(MOMENTS) - 1:  # whoever leads is killed while the moment is there
                beats[number].kill()

            def dealt_with(moment: str = moment) -> bool:
                query = "SELECT count(*) FROM schedule_runs WHERE planned_at = %s AND ended_at IS NOT NULL"
                return (record.execute(query, [moment]).fetchone() or [0])[0] == SCHEDULES

            wait_for(dealt_with, log=tmp_path / "worker.log", seconds=90)
        runs = record.execute("SELECT schedule_id, planned_at, state FROM schedule_runs").fetchall()
        exports = record.execute("SELECT count(*) FROM jobs WHERE kind = 'exports.build'").fetchone()
    assert len(runs) == len({run[:2] for run in runs})
    assert {run[1].isoformat() for run in runs} >= {moment.replace("Z", "+00:00") for moment in MOMENTS}
    assert exports == (len([run for run in runs if run[2] != "skipped"]),)
