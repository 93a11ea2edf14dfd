"""Processes that die while they ask: what they learned stays, and nobody waits for them for long."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from tests.factories.cnpjs import make_cnpj
from tests.integration.suppliers.conftest import Suppliers

from malha.suppliers.service._resolver import LANES
from malha.suppliers.settings import SupplierSettings

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).with_name("asking_program.py")


def start(suppliers: Suppliers, redis_url: str, cnpjs: list[str]) -> subprocess.Popen[bytes]:
    """Another process that asks about these CNPJs."""
    settings = suppliers.settings.of(SupplierSettings).model_dump(exclude={"cnpj_ws_token"})
    told = {
        "database_url": suppliers.settings.database.url,
        "redis_url": redis_url,
        "suppliers": settings,
        "host": suppliers.registry.host,
    }
    return subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(told), *cnpjs])


async def test_nothing_that_a_killed_process_learned_is_asked_again(suppliers: Suppliers, redis_url: str) -> None:
    state = suppliers.registry.state
    state.delay_seconds = 0.02
    cnpjs = [make_cnpj(number) for number in range(120)]
    process = start(suppliers, redis_url, cnpjs)
    with anyio.fail_after(60):
        while len(state.asks) < 40:  # noqa: ASYNC110 - what is waited for happens in another process
            await anyio.sleep(0.01)
    process.kill()
    process.wait()
    kept = {row.cnpj for row in await suppliers.execute("SELECT cnpj FROM suppliers")}
    assert len(kept) >= 40 - LANES
    await suppliers.execute("UPDATE supplier_claims SET until = now() - interval '1 s'")
    result = await suppliers.look_up(*cnpjs)
    assert set(result.found) == set(cnpjs)
    assert {state.count(cnpj) for cnpj in kept} == {1}
    assert sum(state.count(cnpj) > 1 for cnpj in cnpjs) <= LANES


async def test_two_processes_with_the_same_list_ask_about_each_once(suppliers: Suppliers, redis_url: str) -> None:
    state = suppliers.registry.state
    state.delay_seconds = 0.02
    cnpjs = [make_cnpj(number) for number in range(60)]
    processes = [start(suppliers, redis_url, order) for order in (cnpjs, cnpjs[::-1], cnpjs)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert {state.count(cnpj) for cnpj in cnpjs} == {1}
