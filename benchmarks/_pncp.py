"""A simulated PNCP, a database of its own and a worker in this process: what measurements of procurement stand on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import uvicorn
from celery import Celery
from psycopg.rows import DictRow, dict_row

from malha.db.migrate import upgrade
from malha.embedded.services import Services, ensure_services
from malha.jobs import Owner, submit
from malha.jobs.registry import get_handler
from malha.jobs.runner import run_message
from malha.jobs.runtime import Runtime
from malha.jobs.statements import RELEASE
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.procurement.client.requests import QueuedRequest
from malha.procurement.service import SYNC_KIND, take_request
from malha.procurement.settings import ProcurementSettings
from malha.settings import BrokerSettings, DatabaseSettings, OutboundSettings, Settings
from malha.simulators.pncp import State, build_app
from malha.simulators.pncp.copies import Copy, held_copy

import malha.procurement.tasks  # isort: skip  # noqa: F401 - registers the handlers

UNLIMITED = "1000000/minute"
QUICK_TRUCE_SECONDS = 0.05
TABLES: LiteralString = (
    "procurement_runs, procurement_partitions, procurement_readings, procurement_reading_keys, procurement_versions, "
    "procurements, procurement_contracts, procurement_price_records, procurement_plans, procurement_modalities, "
    "procurement_collection_instruments, procurement_detail_states, procurement_files, procurement_history, "
    "procurement_fetched_results, outbox_messages, jobs"
)
HELD: dict[str, LiteralString] = {
    "record": """
        SELECT v.kind, v.control_number, v.raw::text FROM procurement_versions v
        JOIN (SELECT 'procurement' AS kind, control_number, digest FROM procurements
              UNION ALL SELECT 'contract', control_number, digest FROM procurement_contracts
              UNION ALL SELECT 'price_record', control_number, digest FROM procurement_price_records
              UNION ALL SELECT 'collection_instrument', control_number, digest FROM procurement_collection_instruments
              UNION ALL SELECT 'plan', control_number, digest FROM procurement_plans) AS held
          USING (kind, control_number, digest)""",
    "item": "SELECT control_number, number, raw::text FROM procurement_items",
    "result": "SELECT control_number, item_number, raw::text FROM procurement_results",
    "amendment": "SELECT contract_control_number, sequence, raw::text FROM procurement_amendments",
    "file": "SELECT control_number, sequence, raw::text FROM procurement_files WHERE kind = 'procurement'",
    "history": "SELECT control_number, place, raw::text FROM procurement_history WHERE kind = 'procurement'",
}


@contextmanager
def servers() -> Iterator[tuple[Services, Path]]:
    """PostgreSQL and Redis for this run alone, migrated."""
    with TemporaryDirectory(prefix="malha-pncp-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        services = ensure_services(home / "home", environ={})
        try:
            upgrade(services.database_url)
            yield services, home
        finally:
            services.close(wait=True)


@contextmanager
def portal(state: State) -> Iterator[str]:
    """The simulated PNCP in a thread of this process; gives `127.0.0.1:port`."""
    config = uvicorn.Config(build_app(state), host="127.0.0.1", port=0, log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def settings_for(services: Services, host: str, **changed: Any) -> Settings:
    """Settings that lead to the simulated portal; faults of a second are not waited for like those of a minute."""
    procurement = {
        "consultation_url": f"http://{host}/api/consulta",
        "detail_url": f"http://{host}/api/pncp",
        "limit": UNLIMITED,
        "limited_seconds": QUICK_TRUCE_SECONDS,
        "truce_seconds": QUICK_TRUCE_SECONDS,
        "parallel": 8,
    }
    return Settings(
        database=DatabaseSettings(url=services.database_url),
        broker=BrokerSettings(redis_url=services.redis_url),
        outbound=OutboundSettings(allowed_hosts=[host]),
    ).with_groups(ProcurementSettings(**procurement | changed))


class Worker:
    """The engine in this process: messages are handed to the runner directly."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.runtime = Runtime(settings, Celery("benchmark", broker="memory://"))
        self.record = psycopg.Connection[DictRow].connect(
            libpq_url(settings.database.url), autocommit=True, row_factory=dict_row
        )

    def close(self) -> None:
        self.record.close()
        self.runtime.close()

    def clear(self) -> None:
        """Forget everything."""
        self.record.execute(f"TRUNCATE {TABLES} CASCADE")

    def take(self, first: date, last: date, kinds: Sequence[str] | None = None, **more: Any) -> UUID:
        """Write the job of a backfill."""
        days = {"data_ini": f"{first}T00:00:00", "data_fim": f"{last}T23:59:59"}
        request = QueuedRequest.model_validate({"mode": "backfill", **days, "kinds": kinds, **more})

        async def take() -> UUID | None:
            async with self.runtime.database.session() as session:
                return await take_request(session, request, new_id(), self.settings.of(ProcurementSettings))

        job_id = self.runtime.run(take())
        assert job_id is not None
        return job_id

    def drain(self, job_id: UUID, *, deadline: float = 600.0) -> None:
        """Deliver what waits until nothing does."""
        until = time.monotonic() + deadline
        while time.monotonic() < until:
            self.record.execute(
                "UPDATE job_parts SET run_after = now() WHERE job_id = %s AND run_after > now()", [job_id]
            )
            self.record.execute(RELEASE, {"jobs": [job_id], "sends": False})
            query = "SELECT no FROM job_parts WHERE job_id = %s AND state = 'queued' ORDER BY no LIMIT 20"
            waiting = self.record.execute(query, [job_id]).fetchall()
            if not waiting:
                return
            for part in waiting:
                run_message(self.runtime, get_handler(SYNC_KIND), [(str(job_id), part["no"], part["no"])])
        raise TimeoutError(f"the job did not end within {deadline:.0f} s")

    def sweep(self) -> int:
        """Fetch what is due of single records; how much is left to be fetched."""
        deliver_one(self, "procurement.details")
        row = self.record.execute("SELECT count(*) AS n FROM procurement_detail_states WHERE state <> 'complete'")
        found = row.fetchone()
        return found["n"] if found else 0


def deliver_one(worker: Worker, kind: str) -> None:
    """Write a job of one empty part and run it."""

    async def write() -> UUID:
        async with worker.runtime.database.session() as session:
            return (await submit(session, kind, input={}, parts=[{}], owner=Owner(None, None))).id

    job_id = worker.runtime.run(write())
    row = worker.record.execute("SELECT no FROM job_parts WHERE job_id = %s", [job_id]).fetchone()
    number = row["no"] if row else 0
    run_message(worker.runtime, get_handler(kind), [(str(job_id), number, number)])


def read_copy(database_url: str) -> Copy:
    """The newest version of each record here, and what belongs to it."""
    with psycopg.connect(libpq_url(database_url)) as connection:
        return held_copy({sort: connection.execute(query).fetchall() for sort, query in HELD.items()})
