"""Kills at random: nothing lost, no effect twice, every job ends by itself; bare Celery beside it as the control.

Workers, their pool children, beats and the API get SIGKILL, children are stopped past their lease and continued,
Redis is flushed and killed, PostgreSQL crash-restarts, all while jobs are submitted. Everything runs on servers of
its own in a temporary folder. Prints what was done and what came of it; exits 1 when a claim does not hold.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from _chaos_api import PASSWORD, USER, upload_steadily
from _chaos_cluster import CELERY, Cluster, Member
from _report import Verdict, parse_arguments
from celery import Celery
from kombu.exceptions import OperationalError as BrokerError
from psycopg import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from malha.db import Database
from malha.db.migrate import upgrade
from malha.embedded.services import Services, ensure_services
from malha.kit.ids import new_id
from malha.kit.urls import celery_broker_url, libpq_url
from malha.settings import DatabaseSettings, EngineSettings

API_PORT = 8941
POISON_EVERY = 40
SETTLE_TIMEOUT_SECONDS = 240
STOPPED_BEYOND_LEASE_SECONDS = 3
"""A stopped worker that continues this long after its lease must find that its parts are no longer its own."""
RERUN_LIMIT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the record says when all is over."""

    answered_jobs: int
    """Jobs that somebody was told are accepted: each of them, and no other, must be in the record."""
    jobs: int
    parts: int
    unfinished_jobs: int
    missing_effects: int
    double_effects: int
    poison_parts: int
    poison_not_dead_after_five: int
    other_dead_parts: int
    reruns: int
    reruns_over_20_seconds: int
    slowest_rerun_seconds: float

    @property
    def lost(self) -> int:
        return max(self.answered_jobs - self.jobs, 0) + self.unfinished_jobs + self.missing_effects

    @property
    def double_jobs(self) -> int:
        """More jobs than were asked for: a retried request made a second one."""
        return max(self.jobs - self.answered_jobs, 0)

    def describe(self) -> str:
        return "\n".join(f"  {name.replace('_', ' '):<32} {getattr(self, name)}" for name in self.__slots__)


@contextmanager
def servers() -> Iterator[tuple[Services, Path]]:
    """PostgreSQL and Redis for this run alone."""
    with tempfile.TemporaryDirectory(prefix="malha-chaos-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        services = ensure_services(home / "home", environ={})
        try:
            yield services, home
        finally:
            services.close(wait=True)


def server_pids(home: Path, name: str) -> list[int]:
    """The main process of an embedded server whose data lies below the home."""
    program = {"postgres": "postgres", "redis": "redis-server"}[name]
    found = []
    for process in psutil.process_iter(["name", "cmdline", "pid"]):
        arguments = " ".join(process.info["cmdline"] or [])
        if process.info["name"].startswith(program) and (str(home) in arguments or _works_in(process, home)):
            found.append(process)
    pids = {process.pid for process in found}
    return [process.pid for process in found if process.ppid() not in pids]


def _works_in(process: psutil.Process, home: Path) -> bool:
    try:
        return process.cwd().startswith(str(home))
    except psutil.Error:
        return False


def build_cluster(services: Services, home: Path, *, lease_seconds: float) -> Cluster:
    """Two workers of two children, two beats and an API, on the run's own servers."""
    environment = os.environ | {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "JOB_EXTRA_TASK_MODULES": "_chaos_tasks",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        "LOG_LEVEL": "WARNING",
        "UPLOADS_DIR": str(home / "uploads"),
        "MALHA_HOME": str(home / "api"),
        "FIRST_SUPERUSER": USER,
        "FIRST_SUPERUSER_PASSWORD": PASSWORD,
        "JOB_LEASE_SECONDS": str(lease_seconds),
    }
    worker = [*CELERY, "-A", "malha.worker", "worker", "-c", "2", "--without-gossip", "--without-mingle"]
    beat = [*CELERY, "-A", "malha.worker", "beat"]
    commands = {
        "worker-1": [*worker, "-n", "one@%h"],
        "worker-2": [*worker, "-n", "two@%h"],
        "beat-1": beat,
        "beat-2": beat,
        "api": [sys.executable, "-m", "uvicorn", "malha.main:app", "--port", str(API_PORT), "--no-access-log"],
    }
    members = {name: Member(name, command, environment, home / f"{name}.log") for name, command in commands.items()}
    return Cluster(
        members,
        services.redis_url,
        lambda name: server_pids(home, name),
        stopped_seconds=lease_seconds + STOPPED_BEYOND_LEASE_SECONDS,
    )


async def submit_steadily(services: Services, seconds: float, *, chooser: random.Random) -> list[UUID]:
    """Submit jobs like the API does, each under an id of its own until its commit is known; returns the ids."""
    os.environ["JOB_EXTRA_TASK_MODULES"] = "_chaos_tasks"
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = services.database_url, services.redis_url
    # Imported here: they read the environment that was set just now.
    from malha.jobs.celery import make_celery
    from malha.jobs.dispatcher import Dispatcher

    database = Database(DatabaseSettings(url=services.database_url))
    dispatcher = Dispatcher(make_celery())
    submitted: list[UUID] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        kind, parts = _random_job(chooser, number=len(submitted))
        job_id = new_id()
        while not await _try_to_submit(database, kind, parts, job_id):  # noqa: ASYNC110 - nobody will tell us
            await asyncio.sleep(0.3)
        dispatcher.dispatch(kind, job_id, len(parts))
        submitted.append(job_id)
        await asyncio.sleep(chooser.uniform(0, 0.08))
    dispatcher.close()
    await database.dispose()
    return submitted


def _random_job(chooser: random.Random, *, number: int) -> tuple[str, list[dict[str, Any]]]:
    if number % POISON_EVERY == POISON_EVERY - 1:
        return "chaos.small", [{"poison": True}, {}, {}]
    if chooser.random() < 0.4:
        return "chaos.large", [{}] * chooser.randint(1, 3)
    return "chaos.small", [{}] * chooser.randint(1, 30)


async def _try_to_submit(database: Database, kind: str, parts: list[dict[str, Any]], job_id: UUID) -> bool:
    """True once the job is in the record, also when the connection broke in the middle of an earlier commit."""
    # Imported here for the same reason as above.
    from malha.jobs.models import Job
    from malha.jobs.submit import Owner, submit

    try:
        async with database.session() as session:
            if await session.get(Job, job_id) is None:
                await submit(session, kind, input={}, parts=parts, owner=Owner(None, None), job_id=job_id)
                await session.commit()
            return True
    except (DBAPIError, OSError):
        return False


def wait_until_settled(services: Services) -> None:
    """Return when every job has ended by itself, or when it has taken too long."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            if _number(services, "SELECT count(*) FROM jobs WHERE finished_at IS NULL") == 0:
                return
        except OperationalError:
            pass  # it may still be starting
        time.sleep(0.5)


def judge(services: Services, *, answered: int) -> Outcome:
    """Count what the record and the effects say of each other."""
    poison = "p.input ? 'poison'"
    return Outcome(
        answered_jobs=answered,
        jobs=_number(services, "SELECT count(*) FROM jobs WHERE kind LIKE 'chaos.%' OR kind = 'audits.process'"),
        parts=_number(services, "SELECT count(*) FROM job_parts"),
        unfinished_jobs=_number(services, "SELECT count(*) FROM jobs WHERE finished_at IS NULL"),
        missing_effects=_number(services, _MISSING_EFFECTS),
        double_effects=_number(
            services, "SELECT count(*) FROM (SELECT FROM chaos_effects GROUP BY job_id, no HAVING count(*) > 1) twice"
        ),
        poison_parts=_number(services, f"SELECT count(*) FROM job_parts p WHERE {poison}"),
        poison_not_dead_after_five=_number(
            services, f"SELECT count(*) FROM job_parts p WHERE {poison} AND NOT (p.state = 'dead' AND p.attempts = 5)"
        ),
        other_dead_parts=_number(services, f"SELECT count(*) FROM job_parts p WHERE p.state = 'dead' AND NOT {poison}"),
        reruns=_number(services, f"SELECT count(wait) FROM ({_RERUNS}) r"),
        reruns_over_20_seconds=_number(
            services, f"SELECT count(*) FROM ({_RERUNS}) r WHERE wait > {RERUN_LIMIT_SECONDS}"
        ),
        slowest_rerun_seconds=float(_number(services, f"SELECT coalesce(round(max(wait), 1), 0) FROM ({_RERUNS}) r")),
    )


_MISSING_EFFECTS = """
SELECT (SELECT count(*) FROM job_parts p WHERE p.kind LIKE 'chaos.%' AND p.state = 'done'
          AND NOT EXISTS (SELECT FROM chaos_effects e WHERE e.job_id = p.job_id AND e.no = p.no))
     + (SELECT count(*) FROM jobs j WHERE j.kind = 'chaos.small'
          AND NOT EXISTS (SELECT FROM chaos_effects e WHERE e.job_id = j.id AND e.no = -1))
     + (SELECT count(*) FROM jobs j WHERE j.kind = 'audits.process'
          AND NOT EXISTS (SELECT FROM audit_documents d WHERE d.job_id = j.id))
"""

# Between two runs of one part whose first one ended with its worker.
_RERUNS = """
SELECT extract(epoch FROM at - lag(at) OVER run)::numeric AS wait FROM job_events
WHERE type = 'chaos.run' WINDOW run AS (PARTITION BY job_id, data->>'no' ORDER BY (data->>'attempt')::int, at)
"""


def _number(services: Services, query: str) -> Any:
    with psycopg.connect(libpq_url(services.database_url), connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type] - made here, never a stranger's
        return row[0] if row else 0


def run_malha(seconds: float, seed: int, *, lease_seconds: float) -> tuple[Outcome, Cluster]:
    """The engine under fire."""
    with servers() as (services, home):
        upgrade(services.database_url)
        _execute(services, "CREATE TABLE chaos_effects (job_id uuid NOT NULL, no int NOT NULL)")
        cluster = build_cluster(services, home, lease_seconds=lease_seconds)
        cluster.start()
        try:
            answered = asyncio.run(_work_under_fire(cluster, services, seconds, seed))
            wait_until_settled(services)
            return judge(services, answered=answered), cluster
        finally:
            cluster.stop()


async def _work_under_fire(cluster: Cluster, services: Services, seconds: float, seed: int) -> int:
    """Submit and upload while the cluster is harassed; returns how many jobs were answered as accepted."""
    harm = asyncio.to_thread(cluster.harass_with_seed, seconds, seed)
    uploads = asyncio.to_thread(upload_steadily, f"http://127.0.0.1:{API_PORT}", seconds)
    submissions = submit_steadily(services, seconds, chooser=random.Random(seed))
    _, uploaded, submitted = await asyncio.gather(harm, uploads, submissions)
    return len(set(uploaded)) + len(submitted)


def run_control(seconds: float, seed: int) -> tuple[int, int, int]:
    """Bare Celery under the same fire: tasks sent, tasks lost, effects twice."""
    with servers() as (services, home):
        _execute(services, "CREATE TABLE control_effects (no int NOT NULL)")
        broker = celery_broker_url(services.redis_url)
        environment = os.environ | {
            "BARE_BROKER_URL": broker,
            "CONTROL_DATABASE_URL": libpq_url(services.database_url),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        }
        command = [*CELERY, "-A", "_chaos_control", "worker", "-c", "2", "-l", "ERROR"]
        members = {
            f"worker-{n}": Member(f"w{n}", [*command, "-n", f"c{n}@%h"], environment, home / f"control-{n}.log")
            for n in (1, 2)
        }
        cluster = Cluster(members, services.redis_url, lambda name: server_pids(home, name), stopped_seconds=18)
        cluster.start()
        try:
            harm = threading.Thread(target=cluster.harass_with_seed, args=(seconds, seed))
            harm.start()
            sent = _send_control_tasks(Celery("sender", broker=broker), seconds)
            harm.join()
            _wait_for_control(services)
            done = _number(services, "SELECT count(DISTINCT no) FROM control_effects")
            twice = _number(services, "SELECT count(*) - count(DISTINCT no) FROM control_effects")
            return sent, sent - done, twice
        finally:
            cluster.stop()


def _send_control_tasks(app: Celery, seconds: float) -> int:
    sent = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            app.send_task("control.work", [sent], queue="control", retry=False)
            sent += 1
        except (BrokerError, RedisError, OSError):
            time.sleep(0.3)
        time.sleep(0.005)
    return sent


def _wait_for_control(services: Services) -> None:
    """Bare Celery is over when it has written nothing for half a minute."""
    before, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < 30:
        try:
            count = _number(services, "SELECT count(*) FROM control_effects")
        except OperationalError:
            count = before
        if count != before:
            before, quiet_since = count, time.monotonic()
        time.sleep(1)


def _execute(services: Services, statement: str) -> None:
    with psycopg.connect(libpq_url(services.database_url)) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def main() -> None:
    """Fire, count, judge."""
    quick = parse_arguments(__doc__ or "").quick
    seconds, seed = (15 if quick else 150), int(os.environ.get("CHAOS_SEED", time.time()))
    outcome, cluster = run_malha(seconds, seed, lease_seconds=3 if quick else EngineSettings().lease_seconds)
    print(f"seed {seed}, {seconds} s of harm: " + ", ".join(f"{n} {name}" for name, n in cluster.killed.items()))
    print(outcome.describe())
    if not quick:
        sent, lost, twice = run_control(seconds, seed)
        print(f"  bare Celery, same harm: {sent} tasks sent, {lost} lost, {twice} effects twice")
    verdicts = [
        Verdict("chaos lost", outcome.lost, 0, at_most=True),
        Verdict("chaos effects twice", outcome.double_effects + outcome.double_jobs, 0, at_most=True),
        Verdict("chaos poison astray", outcome.poison_not_dead_after_five, 0, at_most=True),
        Verdict("chaos slowest rerun", outcome.slowest_rerun_seconds, RERUN_LIMIT_SECONDS, at_most=True),
    ]
    for verdict in verdicts:
        print(verdict.describe())
    sys.exit(0 if all(verdict.holds for verdict in verdicts) else 1)


if __name__ == "__main__":
    main()
