"""Synchronisation on a real database and Redis, against a PNCP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from tests.fakes.engine import Engine
from tests.fakes.scripted_pncp import PncpServer

from malha.db import Base
from malha.jobs.statements import RELEASE
from malha.kit.ids import new_id
from malha.procurement.client import persistence
from malha.procurement.client.requests import QueuedRequest
from malha.procurement.service import SYNC_KIND, take_request
from malha.procurement.settings import ProcurementSettings
from malha.settings import OutboundSettings

import malha.procurement.tasks  # isort: skip  # noqa: F401 - registers the handlers

MOST_DELIVERIES = 200
TABLES = ", ".join(name for name in Base.metadata.tables if name.startswith("procurement")) + ", outbox_messages"


@pytest.fixture
def pncp() -> Iterator[PncpServer]:
    with PncpServer() as server:
        yield server


@dataclass
class Sync:
    """One worker that synchronises, and a look at what it has committed."""

    engine: Engine
    pncp: PncpServer
    redis: Redis
    kinds: list[str] | None = field(default_factory=lambda: ["procurements", "contracts"])
    """What a backfill reads; None for everything."""

    def backfill(self, first: str = "2026-03-02", last: str = "2026-03-02", request_id: UUID | None = None) -> UUID:
        """A backfill of these days, run to its end; the id of its job."""
        job_id = self.take(first, last, request_id or new_id())
        assert job_id is not None
        self.run(job_id)
        return job_id

    def take(self, first: str, last: str, request_id: UUID) -> UUID | None:
        request = QueuedRequest.model_validate(
            {"mode": "backfill", "data_ini": f"{first}T00:00:00", "data_fim": f"{last}T23:59:59", "kinds": self.kinds}
        )

        async def take() -> UUID | None:
            async with self.engine.runtime.database.session() as session:
                return await take_request(session, request, request_id, self.engine.settings.of(ProcurementSettings))

        return self.engine.runtime.run(take())

    def run(self, job_id: UUID, *, deliveries: int = MOST_DELIVERIES) -> None:
        """Deliver what waits, as often as needed, with every wait over at once and no breaker open."""
        for _ in range(deliveries):
            self.engine.make_due(job_id)
            self.engine.record.execute(RELEASE, {"jobs": [job_id], "sends": False})
            waiting = [part for part in self.engine.parts(job_id) if part["state"] == "queued"]
            if not waiting:
                return
            self.redis.flushdb()
            self.engine.deliver(SYNC_KIND, (job_id, waiting[0]["no"], waiting[0]["no"]))

    def one(self, query: str, *parameters: Any) -> dict[str, Any]:
        row = self.engine.record.execute(query, parameters).fetchone()  # type: ignore[arg-type] - a test's own text
        assert row is not None
        return row

    def partition(self) -> dict[str, Any]:
        return self.one("SELECT * FROM procurement_partitions WHERE kind = 'procurements' AND modality = 6")

    def count(self, table: str) -> int:
        return self.one(f"SELECT count(*) AS n FROM {table}")["n"]  # noqa: S608 - a test's own table


@pytest.fixture
def sync(database_url: str, redis_url: str, pncp: PncpServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sync]:
    monkeypatch.setattr(persistence, "PAUSE_FACTOR", 0.0)
    engine = Engine(database_url, redis_url)
    procurement = ProcurementSettings(
        consultation_url=pncp.url, detail_url=f"{pncp.url}/detail", modalities=[6], limit="100000/minute"
    )
    outbound = {"outbound": OutboundSettings(allowed_hosts=[pncp.url.removeprefix("http://")])}
    engine.settings = engine.runtime.settings = engine.settings.model_copy(update=outbound).with_groups(procurement)
    with Redis.from_url(redis_url) as redis:
        yield Sync(engine, pncp, redis)
        redis.flushdb()
    engine.record.execute(f"TRUNCATE {TABLES} CASCADE")  # type: ignore[arg-type] - a constant
    engine.close()
