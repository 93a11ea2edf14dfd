"""Synchronisation on a real database and Redis, against a PNCP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from tests.fakes.engine import Engine
from tests.fakes.pncp_portal import PncpPortal
from tests.fakes.scripted_pncp import PncpServer

from malha.db import Base
from malha.jobs.statements import RELEASE
from malha.kit.clock import SAO_PAULO
from malha.kit.ids import new_id
from malha.procurement.client import persistence
from malha.procurement.client.requests import QueuedRequest
from malha.procurement.service import SYNC_KIND, _clock, take_request, take_scheduled
from malha.procurement.settings import ProcurementSettings
from malha.settings import OutboundSettings
from malha.simulators.pncp.entries import write_instant

import malha.procurement.tasks  # isort: skip  # noqa: F401 - registers the handlers

MOST_DELIVERIES = 1000
KEPT = frozenset({"procurement_price_references"})
"""Nothing in there can be changed, which is its purpose; no test of synchronisation writes any."""
TABLES = ", ".join(
    ["outbox_messages", *(name for name in Base.metadata.tables if name.startswith("procurement") and name not in KEPT)]
)


@pytest.fixture
def pncp() -> Iterator[PncpServer]:
    with PncpServer() as server:
        yield server


@dataclass
class Sync:
    """One worker that synchronises, and a look at what it has committed."""

    engine: Engine
    redis: Redis
    kinds: list[str] | None = field(default_factory=lambda: ["procurements", "contracts"])
    """What a backfill reads; None for everything."""

    def backfill(self, first: str = "2026-03-02", last: str = "2026-03-02", *, only_open: bool = False) -> UUID:
        """A backfill of these days, run to its end; the id of its job."""
        job_id = self.take(first, last, new_id(), only_open=only_open)
        assert job_id is not None
        self.run(job_id)
        return job_id

    def take(self, first: str, last: str, request_id: UUID, *, only_open: bool = False) -> UUID | None:
        days = {"data_ini": f"{first}T00:00:00", "data_fim": f"{last}T23:59:59"}
        narrowed = {"kinds": self.kinds, "only_open": only_open}
        request = QueuedRequest.model_validate({"mode": "backfill", **days, **narrowed})

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

    def update(self) -> UUID | None:
        """An update as the clock asks for it, run to its end; None while another one is open."""

        async def take() -> UUID | None:
            async with self.engine.runtime.database.session() as session:
                return await take_scheduled(session, self.engine.settings.of(ProcurementSettings))

        job_id = self.engine.runtime.run(take())
        if job_id is not None:
            self.run(job_id, deliveries=2000)
        return job_id

    def deliver(self, kind: str) -> dict[str, Any]:
        """A job of one empty part, run once; its part."""
        job_id = self.engine.submit(kind, [{}])
        [part] = self.engine.parts(job_id)
        self.engine.deliver(kind, (job_id, part["no"], part["no"]))
        [part] = self.engine.parts(job_id)
        return part

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
    urls = {"consultation_url": pncp.url, "detail_url": f"{pncp.url}/detail", "modalities": [6]}
    with synchronizing(database_url, redis_url, pncp.url.removeprefix("http://"), urls, monkeypatch) as sync:
        yield sync


@pytest.fixture
def portal() -> Iterator[PncpPortal]:
    with PncpPortal(scale=0.004) as portal:
        yield portal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, portal: PncpPortal) -> None:
    """PNCP's days begin and end by the portal's clock."""
    monkeypatch.setattr(_clock, "_clocks", [lambda: portal_time(portal)])


def portal_time(portal: PncpPortal) -> datetime:
    return datetime.fromisoformat(write_instant(portal.state.calendar.now())).replace(tzinfo=SAO_PAULO)


@pytest.fixture
def portal_sync(
    database_url: str, redis_url: str, portal: PncpPortal, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sync]:
    urls = {"consultation_url": portal.consultation_url, "detail_url": portal.detail_url, "modalities": [6, 8]}
    urls |= {"limited_seconds": 0.01, "truce_seconds": 0.01, "control_url": ""}
    with synchronizing(database_url, redis_url, portal.host, urls, monkeypatch) as sync:
        yield sync


@contextmanager
def synchronizing(
    database_url: str, redis_url: str, host: str, procurement: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sync]:
    monkeypatch.setattr(persistence, "PAUSE_FACTOR", 0.0)
    engine = Engine(database_url, redis_url)
    outbound = {"outbound": OutboundSettings(allowed_hosts=[host])}
    group = ProcurementSettings(**{"limit": "100000/minute", **procurement})
    engine.settings = engine.runtime.settings = engine.settings.model_copy(update=outbound).with_groups(group)
    with Redis.from_url(redis_url) as redis:
        yield Sync(engine, redis)
        redis.flushdb()
    engine.record.execute(f"TRUNCATE {TABLES} CASCADE")  # type: ignore[arg-type] - a constant
    engine.close()
