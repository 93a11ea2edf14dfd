"""Two beats on one database: one leads, the other takes over when the first is killed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.fakes.processes import celery_process, wait_for

from malha.jobs.beat import LEADER_LOCK
from malha.kit.urls import libpq_url

pytestmark = pytest.mark.slow

# An advisory lock's key of 64 bits is shown as two halves; locks of other databases of the server are not ours.
_HOLDERS = """
SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND a.datname = current_database()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = %s
"""


class Watch:
    """Who holds the leader's lock, and what waits for it."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(libpq_url(url), autocommit=True)

    def holders(self) -> list[int]:
        return [row[0] for row in self.connection.execute(_HOLDERS, [LEADER_LOCK])]

    def beats(self) -> int:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'malha beat' AND datname = current_database()"
        )
        return (self.connection.execute(query).fetchone() or (0,))[0]


@contextlib.contextmanager
def beat(url: str, redis_url: str, folder: Path, name: str) -> Iterator[tuple[Popen[bytes], Path]]:
    log = folder / f"{name}.log"
    prefix = f"{urlsplit(url).path.lstrip('/')}."
    environ = {"DATABASE_URL": url, "REDIS_URL": redis_url, "JOB_QUEUE_PREFIX": prefix, "JOB_TICK_SECONDS": "0.2"}
    options = ("--loglevel", "INFO", "--pidfile=")
    with celery_process("beat", *options, environ=environ, log=log) as process:
        yield process, log


def test_one_beat_leads_and_the_other_takes_over_when_it_is_killed(
    new_database: Callable[..., str], redis_url: str, tmp_path: Path
) -> None:
    database_url = new_database()  # what leads submits recurring tasks, which no other test expects
    watch = Watch(database_url)
    with (
        contextlib.closing(watch.connection),
        beat(database_url, redis_url, tmp_path, "first") as (first, first_log),
    ):
        wait_for(lambda: len(watch.holders()) == 1, log=first_log)
        [leader] = watch.holders()
        with beat(database_url, redis_url, tmp_path, "second") as (second, second_log):
            wait_for(lambda: watch.beats() == 2, log=second_log)
            assert watch.holders() == [leader]
            first.kill()
            first.wait()
            wait_for(lambda: watch.holders() not in ([], [leader]), log=second_log)
            assert len(watch.holders()) == 1
            assert "beat.leads" in second_log.read_text()
            second.terminate()
            second.wait(30)
            wait_for(lambda: watch.holders() == [], log=second_log)
