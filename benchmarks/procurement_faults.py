"""A month read from a portal that does everything wrong at once, while workers and the ingestor are killed.

Every fault of the simulated PNCP at 10 %, a backfill of 30 days asked for through the queue, three SIGKILLs of the
worker and one of the ingestor: in the end every record must be here as the portal has it. The portal's minute of
silence after a 429 and our truce are shortened to a twentieth of a second; nothing else is told that it is a test.
A modality that nobody had heard of shows in contracts only: one call fills what it has left open, as it would later.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from _chaos_cluster import CELERY, Member
from _pncp import QUICK_TRUCE_SECONDS, UNLIMITED, Worker, portal, read_copy, servers, settings_for
from _report import Verdict, finish, parse_arguments

from malha.embedded.services import Services
from malha.jobs import BrokerPublisher
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.simulators.pncp import FAULTS, State, World
from malha.simulators.pncp.copies import Differences, compare, faithful_copy
from malha.simulators.pncp.faults import SLOW

ODDS = 0.1
SLOW_SECONDS = 0.5
LAST = date(2026, 11, 18)
QUEUE = "ingest.pncp"
KILLS = 3
PARALLEL = "16"
LONGEST_SECONDS = 2400


def main() -> None:
    arguments = parse_arguments(__doc__ or "")
    days, scale = (1, 0.002) if arguments.quick else (30, 0.004)
    first = LAST - timedelta(days=days - 1)
    state = State(world=World(1, scale), slow_seconds=SLOW_SECONDS)
    state.set_odds(dict.fromkeys(FAULTS, ODDS) | {SLOW: ODDS})
    with servers() as (services, home), portal(state) as host, processes(services, home, host) as (worker, ingestor):
        began = time.monotonic()
        asked = ask(services, first, LAST)
        ingestor.kill()
        ingestor.start()
        kills = kill_while_it_runs(services, asked, worker, pause_seconds=3 if arguments.quick else 20)
        seconds = time.monotonic() - began
        run, second = wait_for(services, asked), None
        sweeper = Worker(settings_for(services, host, parallel=16))
        sweep(sweeper)
        second = wait_for(services, ask(services, first, LAST, only_open=True))
        sweep(sweeper)
        open_left = count(services, "SELECT count(*) FROM procurement_partitions WHERE state <> 'complete' "
                                    f"AND day BETWEEN '{first}' AND '{LAST}'")  # fmt: skip
        differences = compare(faithful_copy(state, first, LAST), read_copy(services.database_url))
        report(state, differences, kills, seconds, (run, second, open_left))
        sweeper.close()


@contextlib.contextmanager
def processes(services: Services, home: Path, host: str) -> Iterator[tuple[Member, Member]]:
    """A worker of two children, beat and the ingestor, as a deployment runs them."""
    environment = os.environ | {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "OUTBOUND_ALLOWED_HOSTS": host,
        "PNCP_CONSULTATION_URL": f"http://{host}/api/consulta",
        "PNCP_DETAIL_URL": f"http://{host}/api/pncp",
        "PNCP_LIMIT": UNLIMITED,
        "PNCP_LIMITED_SECONDS": str(QUICK_TRUCE_SECONDS),
        "PNCP_TRUCE_SECONDS": str(QUICK_TRUCE_SECONDS),
        "PNCP_PARALLEL": PARALLEL,
        "LOG_LEVEL": "WARNING",
    }
    celery = [*CELERY, "-A", "malha.worker"]
    commands = {
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(home / "schedule")],
        "ingestor": [sys.executable, "-m", "malha.ingestor"],
    }
    members = {
        name: Member(name, command, dict(environment), home / f"{name}.log") for name, command in commands.items()
    }
    for member in members.values():
        member.start()
    try:
        yield members["worker"], members["ingestor"]
    finally:
        for member in members.values():
            member.end()


def ask(services: Services, first: date, last: date, *, only_open: bool = False) -> UUID:
    """Publish a backfill as anybody may."""
    request_id = new_id()
    days = {"data_ini": f"{first}T00:00:00", "data_fim": f"{last}T23:59:59"}
    body = {"mode": "backfill", "request_id": str(request_id), **days, "only_open": only_open}
    publisher = BrokerPublisher(services.redis_url)
    publisher.publish(QUEUE, body, message_id=str(request_id))
    publisher.close()
    return request_id


def kill_while_it_runs(services: Services, asked: UUID, worker: Member, *, pause_seconds: float) -> int:
    """SIGKILL the worker with its children now and then; how often it met a run that was not over."""
    kills = 0
    while kills < KILLS:
        time.sleep(pause_seconds)
        if state_of(services, asked) in {"success", "partial", "failed"}:
            break
        worker.kill()
        worker.start()
        kills += 1
    wait_for(services, asked)
    return kills


def wait_for(services: Services, asked: UUID) -> str:
    deadline = time.monotonic() + LONGEST_SECONDS
    while (state := state_of(services, asked)) not in {"success", "partial", "failed"}:
        if time.monotonic() > deadline:
            return f"{state} after {LONGEST_SECONDS} s"
        time.sleep(0.5)
    return state


def state_of(services: Services, asked: UUID) -> str | None:
    with psycopg.connect(libpq_url(services.database_url)) as connection:
        row = connection.execute("SELECT state FROM procurement_runs WHERE request_id = %s", [asked]).fetchone()
    return row[0] if row else None


def count(services: Services, query: str) -> int:
    with psycopg.connect(libpq_url(services.database_url)) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload] - a text of this module
    return row[0]


def sweep(worker: Worker) -> None:
    """Fetch what belongs to single records, as every minute would; an hour's rest of what is unseen is over."""
    for _ in range(400):
        worker.record.execute("UPDATE procurement_detail_states SET due_at = now() WHERE state <> 'complete'")
        if not worker.sweep():
            return


def report(state: State, differences: Differences, kills: int, seconds: float, outcome: tuple[str, str, int]) -> None:
    run, second, open_left = outcome
    print(f"  {len(state.asks):,} asks; the run ended {run} after {seconds:.0f} s, the second {second}; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"  compared with the portal's truth: {differences.describe()}")
    finish(
        [],
        [
            Verdict("records missing", len(differences.missing), 0, at_most=True),
            Verdict("records that differ", len(differences.different), 0, at_most=True),
            Verdict("partitions left open", open_left, 0, at_most=True),
            Verdict("SIGKILLs of workers while it ran", kills, KILLS, at_most=False),
        ],
    )


if __name__ == "__main__":
    main()
