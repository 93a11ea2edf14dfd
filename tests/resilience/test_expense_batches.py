"""Workers killed in the middle of a batch: every expense decided once, and nothing that was answered asked again."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest
from _chaos_cluster import Cluster
from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import make_principal
from tests.fakes.registry import RegistryServer
from tests.resilience.test_kills import Record, running, until

from malha.db import Database
from malha.embedded.services import Services
from malha.expenses import tasks as _tasks  # noqa: F401 - importing registers the handler
from malha.expenses.schemas import ExpenseItem
from malha.expenses.service import NewBatch, plan_batch
from malha.jobs.once import SubmittedJob, submit_new
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

CACHED, UNKNOWN = 2_500, 700
ASK_SECONDS = 0.08
RESULTS = "SELECT no, cnpj, transaction_id, is_answered, decision FROM expenses WHERE batch_id = %s ORDER BY no"
STARTING_SECONDS = 0.5
"""No worker that was just started can ask anybody so soon."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    """The simulated registry, and the environment in which workers ask it."""
    with RegistryServer() as server:
        server.state.limits.clear()
        server.state.delay_seconds = ASK_SECONDS
        monkeypatch.setenv("SUPPLIER_PROVIDERS", "cnpj_ws")
        monkeypatch.setenv("CNPJ_WS_URL", server.suppliers().cnpj_ws_url)
        monkeypatch.setenv("CNPJ_WS_LIMIT", "100000/minute")
        # A killed worker's claims hold for as long as its ask might have taken, and a quarter of a minute.
        monkeypatch.setenv("SUPPLIER_TIMEOUT_SECONDS", "1")
        monkeypatch.setenv("OUTBOUND_ALLOWED_HOSTS", server.host)
        yield server


@dataclass
class Kills:
    """SIGKILL for all workers at once, and which asks were lost with them: those whose answer nobody had kept."""

    cluster: Cluster
    services: Services
    registry: RegistryServer
    lost: Counter[str] = field(default_factory=Counter)
    _seen: int = 0

    def strike(self) -> set[str]:
        """Kill; returns whose answers were kept by then."""
        before = self._backends()
        for name, member in self.cluster.members.items():
            if name.startswith("worker"):
                member.kill()
        time.sleep(STARTING_SECONDS)  # requests that were on their way arrive meanwhile
        asked = [ask.cnpj for ask in self.registry.state.asks[self._seen :]]
        self._seen += len(asked)
        until(lambda: not before & self._backends(), seconds=10)  # a commit that was sent may still come true
        kept = self.kept()
        self.lost.update(cnpj for cnpj in asked if cnpj not in kept)
        return kept

    def kept(self) -> set[str]:
        """Whose answers are in the database."""
        with psycopg.connect(libpq_url(self.services.database_url)) as connection:
            return {row[0] for row in connection.execute("SELECT cnpj FROM suppliers")}

    def _backends(self) -> set[int]:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'malha worker'"
        with psycopg.connect(libpq_url(self.services.database_url)) as connection:
            return {row[0] for row in connection.execute(query)}


def keep_suppliers(services: Services, cnpjs: list[str]) -> None:
    columns = "cnpj, is_found, legal_name, status, main_cnae_code, secondary_cnaes, partners, provider, fetched_at"
    with (
        psycopg.connect(libpq_url(services.database_url)) as connection,
        connection.cursor().copy(f"COPY suppliers ({columns}) FROM STDIN") as copy,
    ):
        for cnpj in cnpjs:
            copy.write_row((cnpj, True, "EMPRESA", "ATIVA", "8121400", json.dumps([]), json.dumps([]), "test", "now"))


def submit_expenses(services: Services, cnpjs: list[str]) -> UUID:
    items = [
        ExpenseItem(cnpj=cnpj, service_type="limpeza", transaction_id=f"t-{number}")
        for number, cnpj in enumerate(cnpjs)
    ]

    async def submit() -> UUID:
        database = Database(DatabaseSettings(url=services.database_url))
        async with database.session() as session:
            caller = make_principal()
            new, owner = plan_batch(caller, NewBatch(items)), Owner(caller.workspace_id, caller.user_id)
            job = await submit_new(session, new_id(), new, owner)
            assert isinstance(job, SubmittedJob)
        await database.dispose()
        return job.id

    return asyncio.run(submit())


def test_killed_workers_lose_no_expense_and_ask_nothing_twice_that_was_answered(registry: RegistryServer) -> None:
    known = [make_cnpj(number) for number in range(CACHED)]
    unknown = [make_cnpj(CACHED + number) for number in range(UNKNOWN)]
    # Each stretch has both, and some CNPJs stand in several.
    batch = [*unknown[:50]]
    for place, cnpj in enumerate(known):
        batch += [cnpj, unknown[place * UNKNOWN // CACHED]] if place % 3 == 0 else [cnpj]
    batch += unknown
    asks = registry.state.asks
    with running("worker-1", "worker-2", "beat-1") as (cluster, services), Record(services) as record:
        keep_suppliers(services, known)
        kills = Kills(cluster, services, registry)
        job_id = submit_expenses(services, batch)
        kept: list[tuple[int, set[str]]] = []
        for wanted in (UNKNOWN // 4, UNKNOWN // 2):
            until(lambda wanted=wanted: len(asks) >= wanted, seconds=120)
            answered = kills.strike()
            kept.append((len(asks), answered))
        until(lambda: record.rows("SELECT 1 FROM jobs WHERE id = %s AND finished_at IS NOT NULL", job_id), seconds=180)
        rows = record.rows(RESULTS, job_id)
        ends = record.rows("SELECT count(*) FROM audit_log WHERE action = 'BATCH_COMPLETED'")
        state, attempts = record.state(job_id), record.rows("SELECT max(attempts) FROM job_parts")[0][0]
    assert (state, ends) == ("succeeded", [(1,)])
    assert [row[:3] for row in rows] == [(number, cnpj, f"t-{number}") for number, cnpj in enumerate(batch)]
    assert {(is_answered, decision is not None) for *_, is_answered, decision in rows} == {(True, True)}
    assert not {ask.cnpj for ask in asks} & set(known)
    for position, answered in kept:
        assert not {ask.cnpj for ask in asks[position:]} & answered, "asked again although the answer was kept"
    assert kills.lost, "no worker was killed while it asked"
    assert {cnpj: registry.state.count(cnpj) for cnpj in unknown} == {cnpj: 1 + kills.lost[cnpj] for cnpj in unknown}
    assert attempts > 1
