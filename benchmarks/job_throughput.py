"""No-op jobs drained end to end, each with its lease, fence, attempts, status and events in the database.

Three drains of a filled queue by one worker of two processes on the same broker: bare Celery tasks; jobs of one
part, a message each; jobs of many small parts. Time runs from the first consumed message until the broker holds
nothing any more and, for jobs, every one of them has succeeded.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from uuid import UUID

import psycopg
from _handlers import nothing
from _report import Series, Verdict, alternate, finish, parse_arguments
from celery import Celery
from redis import Redis

from malha.db import Database
from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher, pack_ranges
from malha.jobs.registry import Queue
from malha.jobs.submit import Owner, submit
from malha.kit.urls import celery_broker_url, libpq_url
from malha.settings import get_settings

HERE = Path(__file__).parent
PARTS_PER_JOB = 500
START_TIMEOUT_SECONDS = 30
DRAIN_TIMEOUT_SECONDS = 180

settings = get_settings()
redis = Redis.from_url(settings.broker.redis_url)
engine = make_celery(settings)
SHORT = engine.amqp.queues[Queue.SHORT].name
bare_broker_url = os.environ.get("BARE_BROKER_URL") or celery_broker_url(settings.broker.redis_url)
bare = Celery("sender", broker=bare_broker_url, set_as_current=False)


class Worker:
    """A Celery worker process with two children."""

    def __init__(self, application: str, queue: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", application, "worker", "-c", "2", "-Q", queue, "-l", "WARNING"]
        environment = os.environ | {
            "BARE_BROKER_URL": bare_broker_url,
            "JOB_EXTRA_TASK_MODULES": "_handlers",
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        }
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=silent, stderr=silent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def drain(application: str, queue: str, *, is_done: Callable[[], bool]) -> float:
    """Seconds from the first consumed message until the queue is empty and `is_done` holds."""
    filled = waiting(queue)
    with Worker(application, queue):
        until(lambda: waiting(queue) < filled, START_TIMEOUT_SECONDS)
        started = time.perf_counter()
        until(lambda: waiting(queue) == 0 and not redis.hlen("unacked") and is_done(), DRAIN_TIMEOUT_SECONDS)
        return time.perf_counter() - started


def waiting(queue: str) -> int:
    return int(redis.llen(queue))  # type: ignore[arg-type] - a number, in this client


def until(condition: Callable[[], bool], timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the queue did not drain")
        time.sleep(0.005)


def bare_celery(count: int) -> float:
    """Tasks a second of bare Celery."""
    with bare.connection_for_write() as connection, bare.amqp.Producer(connection) as producer:
        for number in range(count):
            bare.send_task("bare.nothing", (number,), queue="bare", producer=producer)
    return count / drain("_bare_celery", "bare", is_done=lambda: True)


def jobs_of_one_part(count: int) -> float:
    """Jobs a second, a message each."""
    ids = asyncio.run(_submit(count, parts=1))
    publish([(job_id, 0) for job_id in ids], batch=1)
    return count / drain("malha.worker", SHORT, is_done=lambda: unfinished() == 0)


def jobs_of_many_parts(count: int) -> float:
    """Parts a second, a hundred to a message."""
    ids = asyncio.run(_submit(max(count // PARTS_PER_JOB, 1), parts=PARTS_PER_JOB))
    publish([(job_id, no) for job_id in ids for no in range(PARTS_PER_JOB)], batch=nothing.batch)
    return len(ids) * PARTS_PER_JOB / drain("malha.worker", SHORT, is_done=lambda: unfinished() == 0)


def publish(parts: list[tuple[UUID, int]], *, batch: int) -> None:
    publisher = Publisher(engine)
    for ranges in pack_ranges(parts, batch=batch):
        publisher.send_parts(nothing, ranges, is_first=True)
    publisher.close()


def unfinished() -> int:
    return record.execute("SELECT count(*) FROM jobs WHERE finished_at IS NULL").fetchone()[0]  # type: ignore[index] - a count has a row


async def _submit(count: int, *, parts: int) -> list[UUID]:
    record.execute("TRUNCATE jobs CASCADE")
    database = Database(settings.database)
    async with database.session() as session:
        jobs = [
            await submit(session, nothing.kind, input={}, parts=[{}] * parts, owner=Owner(None, None))
            for _ in range(count)
        ]
        await session.commit()
    await database.dispose()
    return [job.id for job in jobs]


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rounds, count, many = (1, 1_500, 10_000) if quick else (3, 4_000, 40_000)
    anchor, singles, batched = alternate(
        rounds,
        lambda: bare_celery(count),
        lambda: jobs_of_one_part(count),
        lambda: jobs_of_many_parts(many),
    )
    sides = [
        Series("bare Celery, acks late, prefetch 1", anchor, "tasks/s"),
        Series("jobs of one part, one message each", singles, "jobs/s"),
        Series(f"jobs of {PARTS_PER_JOB} small parts", batched, "parts/s"),
    ]
    bare_rate = sides[0].median
    finish(
        sides,
        [
            Verdict("job_throughput single", sides[1].median / bare_rate, 0.8, at_most=False),
            Verdict("job_throughput batched", sides[2].median / bare_rate, 5, at_most=False),
        ],
    )


if __name__ == "__main__":
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as record:
        main()
