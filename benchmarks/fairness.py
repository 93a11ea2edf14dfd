"""How long one part of a workspace waits behind another workspace's backlog, all of it in the broker's queue already.

A worker of two processes and a beat. Each round fills the queue with the backlog's messages, lets some of it run, and
then submits a single part for another workspace as the API does. Beside it the same with turns switched off, where the
part waits for the whole backlog: after a while that is not waited for any more, but reckoned from the rate seen.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from _handlers import single
from _report import Series, Verdict, alternate, finish, parse_arguments

from malha.db import Database
from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher, pack_ranges
from malha.jobs.submit import Owner, submit
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import get_settings

HERE = Path(__file__).parent
OBSERVED_SECONDS = 20.0
NEVER = 1e9

settings = get_settings()
engine = make_celery(settings)


@contextmanager
def process(*arguments: str, turn_after_seconds: float) -> Iterator[None]:
    """`celery -A malha.worker ...`, ended with the block."""
    environment = os.environ | {
        "JOB_EXTRA_TASK_MODULES": "_handlers",
        "JOB_TURN_AFTER_SECONDS": str(turn_after_seconds),
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "celery", "-A", "malha.worker", *arguments, "-l", "WARNING"]
    silent = subprocess.DEVNULL
    started = subprocess.Popen(command, cwd=HERE, env=environment, stdout=silent, stderr=silent)
    try:
        yield
    finally:
        started.terminate()
        try:
            started.wait(40)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def measure(backlog: int, *, turn_after_seconds: float) -> float:
    """Seconds that the single part waited, or would have at the rate seen."""
    record.execute("TRUNCATE jobs CASCADE")
    engine.control.purge()
    asyncio.run(_submit(backlog))
    with ExitStack() as processes:
        for arguments in (["worker", "-c", "2", "-Q", "short"], ["beat", "--pidfile="]):
            processes.enter_context(process(*arguments, turn_after_seconds=turn_after_seconds))
        while done(single.kind) == 0:
            time.sleep(0.05)
        time.sleep(2)
        [other] = asyncio.run(_submit(1))
        began, before = time.monotonic(), done(single.kind)
        while not has_ended(other):
            waited = time.monotonic() - began
            if waited > OBSERVED_SECONDS and turn_after_seconds == NEVER:
                rate = (done(single.kind) - before) / waited
                return waited + (backlog - done(single.kind)) / rate
            time.sleep(0.02)
        return time.monotonic() - began


def done(kind: str) -> int:
    return record.execute("SELECT count(*) FROM job_parts WHERE kind = %s AND state = 'done'", [kind]).fetchone()[0]  # type: ignore[index] - a count has a row


def has_ended(job_id: UUID) -> bool:
    return record.execute("SELECT finished_at FROM jobs WHERE id = %s", [job_id]).fetchone() != (None,)


async def _submit(parts: int) -> list[UUID]:
    """A job of a workspace of its own, all its messages in the queue."""
    database = Database(settings.database)
    async with database.session() as session:
        owner = Owner(new_id(), None)
        job = await submit(session, single.kind, input={}, parts=[{}] * parts, owner=owner)
        await session.commit()
    await database.dispose()
    publisher = Publisher(engine)
    for ranges in pack_ranges([(job.id, no) for no in range(parts)], batch=1):
        publisher.send_parts(single, ranges, is_first=True)
    publisher.close()
    return [job.id]


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rounds, backlog = (1, 10_000) if quick else (3, 100_000)
    without, with_turns = alternate(
        rounds,
        lambda: measure(backlog, turn_after_seconds=NEVER),
        lambda: measure(backlog, turn_after_seconds=settings.engine.turn_after_seconds),
    )
    sides = [
        Series(f"behind {backlog:,} parts, turns off", without, "s"),
        Series(f"behind {backlog:,} parts, turns on", with_turns, "s"),
    ]
    finish(
        sides,
        [
            Verdict("fairness wait to that without turns", sides[1].median / sides[0].median, 0.5, at_most=True),
            Verdict("fairness longest wait in seconds", max(with_turns), 5, at_most=True),
        ],
    )


if __name__ == "__main__":
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as record:
        main()
