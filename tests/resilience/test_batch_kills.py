"""Workers killed in the middle of a batch of expenses: every item answered once, and nobody asked twice in vain."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from uuid import UUID

import psycopg
import pytest
from _chaos_cluster import Cluster
from chaos import build_cluster, servers
from psycopg.types.json import Jsonb
from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import make_principal
from tests.fakes.registry import PATHS, RegistryServer

from malha.db import Database
from malha.db.migrate import upgrade
from malha.embedded.services import Services
from malha.expenses import tasks as _tasks  # noqa: F401 - importing registers the handler
from malha.expenses.schemas import ExpenseItem
from malha.expenses.service import NewBatch, submit_batch
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
LEASE_SECONDS = 3
ITEMS, KNOWN = 3_000, 2_400
HARM_SECONDS = 10
END_SECONDS = 150

# What was kept when, however often: a second answer to one question would show.
_KEPT = """
CREATE TABLE kept (cnpj text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION note_kept() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO kept (cnpj) VALUES (NEW.cnpj); RETURN NULL; END $$;
CREATE TRIGGER note_kept AFTER INSERT OR UPDATE ON suppliers FOR EACH ROW EXECUTE FUNCTION note_kept();
"""
_FILL = """
INSERT INTO suppliers (
    cnpj, is_found, legal_name, status, main_cnae_code, secondary_cnaes, partners, provider, fetched_at)
VALUES (%s, true, 'EMPRESA', 'ATIVA', '8121400', %s, %s, 'test', now())
"""


def submit(services: Services, cnpjs: list[str]) -> UUID:
    items = [ExpenseItem(cnpj=cnpj, transaction_id=str(no), service_type="limpeza") for no, cnpj in enumerate(cnpjs)]

    async def write() -> UUID:
        database = Database(DatabaseSettings(url=services.database_url))
        async with database.session() as session:
            job = await submit_batch(session, make_principal(), NewBatch(items), reservation=None)
            await session.commit()
        await database.dispose()
        return job.id

    return asyncio.run(write())


def test_workers_killed_in_the_middle_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    cnpjs = [make_cnpj(number) for number in range(1, ITEMS + 1)]
    with servers() as (services, home), RegistryServer() as registry:
        monkeypatch.setenv("SUPPLIER_PROVIDERS", "brasilapi")
        monkeypatch.setenv("BRASILAPI_URL", f"http://{registry.host}{PATHS['brasilapi_url']}")
        monkeypatch.setenv("BRASILAPI_LIMIT", "100000/minute")
        monkeypatch.setenv("OUTBOUND_ALLOWED_HOSTS", registry.host)
        registry.state.delay_seconds = 0.1
        upgrade(services.database_url)
        with psycopg.connect(libpq_url(services.database_url), autocommit=True) as record:
            with record.transaction(), record.cursor() as cursor:
                cursor.executemany(_FILL, [(cnpj, Jsonb([]), Jsonb([])) for cnpj in cnpjs[:KNOWN]])
            record.execute(_KEPT)
            batch_id = submit(services, random.Random(1).sample(cnpjs, ITEMS))  # noqa: S311 - no secret
            cluster = build_cluster(services, home, lease_seconds=LEASE_SECONDS)
            cluster.members = {name: cluster.members[name] for name in ("worker-1", "worker-2", "beat-1")}
            cluster.start()
            try:
                kills = harass(cluster, record, batch_id)
                state = wait_for_end(record, batch_id)
            finally:
                cluster.stop()
            answered = record.execute(
                "SELECT no, transaction_id FROM expenses WHERE batch_id = %s AND is_answered AND decision IS NOT NULL",
                [batch_id],
            ).fetchall()
            kept = record.execute(
                "SELECT cnpj, count(*), extract(epoch FROM min(at)) FROM kept GROUP BY cnpj"
            ).fetchall()
    assert kills >= 4
    assert state == "succeeded"
    assert sorted(answered) == [(no, str(no)) for no in range(ITEMS)]
    assert {cnpj for cnpj, _, _ in kept} == set(cnpjs[KNOWN:])
    assert {count for _, count, _ in kept} == {1}
    # A question may be put again while its answer is not kept; once it is, never.
    kept_at = {cnpj: float(at) for cnpj, _, at in kept}
    clocks_apart = time.time() - registry.state.clock()
    late = [ask.cnpj for ask in registry.state.asks if ask.at + clocks_apart > kept_at[ask.cnpj]]
    assert late == []
    again = sum(count - 1 for count in Counter(ask.cnpj for ask in registry.state.asks).values())
    assert again <= kills * 2 * 8  # what two children had in flight, eight lanes each


def harass(cluster: Cluster, record: psycopg.Connection, batch_id: UUID) -> int:
    """Kill pool children at random while the batch is worked on; returns how many."""
    chooser, kills = random.Random(2), 0  # noqa: S311 - no secret
    deadline = time.monotonic() + 60
    while is_open(record, batch_id) and not is_begun(record) and time.monotonic() < deadline:
        time.sleep(0.05)
    deadline = time.monotonic() + HARM_SECONDS
    while is_open(record, batch_id) and time.monotonic() < deadline:
        kills += cluster.kill_child(chooser)
        time.sleep(chooser.uniform(0.5, 1.5))
    return kills


def is_begun(record: psycopg.Connection) -> bool:
    return bool(record.execute("SELECT EXISTS (SELECT FROM kept)").fetchone()[0])  # type: ignore[index]


def is_open(record: psycopg.Connection, batch_id: UUID) -> bool:
    return record.execute("SELECT finished_at FROM jobs WHERE id = %s", [batch_id]).fetchone() == (None,)


def wait_for_end(record: psycopg.Connection, batch_id: UUID) -> str:
    deadline = time.monotonic() + END_SECONDS
    while is_open(record, batch_id) and time.monotonic() < deadline:
        time.sleep(0.2)
    return record.execute("SELECT state FROM jobs WHERE id = %s", [batch_id]).fetchone()[0]  # type: ignore[index]
