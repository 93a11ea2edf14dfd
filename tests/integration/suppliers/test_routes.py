"""`GET /suppliers/{cnpj}`: kept answers at once, look-ups within limits, every refusal as a problem document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj
from tests.factories.identity import make_principal
from tests.fakes.application import become
from tests.fakes.engine import RecordingDispatcher
from tests.integration.suppliers.conftest import Suppliers

from malha.jobs.delivery import Delivery
from malha.jobs.feed import Feed
from malha.main import create_app
from malha.settings import BrokerSettings
from malha.simulators.cnpj import Fault
from malha.suppliers.service import REFRESH_KIND

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(suppliers: Suppliers) -> FastAPI:
    api = create_app(suppliers.settings)
    api.state.database = suppliers.database
    api.state.dispatcher = RecordingDispatcher()
    suppliers.database.deliver = Delivery(api.state.dispatcher, cast("Feed", None))  # no job has an event to tell of
    become(api, make_principal())
    return api


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=app)
    async with AsyncClient(
        transport=transport, headers={"Authorization": "Bearer anything"}, base_url="http://malha.test/api/v1/suppliers"
    ) as opened:
        yield opened


async def test_an_unknown_supplier_is_looked_up_and_kept(client: AsyncClient, suppliers: Suppliers) -> None:
    responses = [await client.get(f"/{OFFICIAL_ALPHANUMERIC.lower()}") for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    body: dict[str, Any] = responses[1].json()
    assert (body["cnpj"], body["status"], body["is_stale"], body["raw"]) == (
        OFFICIAL_ALPHANUMERIC,
        "ATIVA",
        False,
        None,
    )
    assert body["partners"][0]["document"] == "***123456**"
    assert suppliers.registry.state.count(OFFICIAL_ALPHANUMERIC) == 1


async def test_the_providers_own_answer_comes_when_asked_for(client: AsyncClient) -> None:
    body = (await client.get(f"/{make_cnpj(1)}", params={"include": "raw"})).json()
    assert body["raw"]["estabelecimento"]["cnpj"] == make_cnpj(1)


@pytest.mark.parametrize("given", ["11222333000180", "123", "x" * 14, "00000000000000"])
async def test_what_is_no_cnpj_is_422(client: AsyncClient, suppliers: Suppliers, given: str) -> None:
    response = await client.get(f"/{given}")
    assert (response.status_code, response.json()["code"]) == (422, "cnpj-invalid")
    assert suppliers.registry.state.asks == []


async def test_what_the_registry_does_not_have_is_404(client: AsyncClient, suppliers: Suppliers) -> None:
    cnpj = make_cnpj(2)
    suppliers.registry.state.companies[cnpj] = None
    response = await client.get(f"/{cnpj}")
    assert (response.status_code, response.json()["code"]) == (404, "supplier-not-found")


async def test_a_reached_limit_is_503_with_the_seconds_to_wait(
    client: AsyncClient, app: FastAPI, suppliers: Suppliers
) -> None:
    suppliers.use("cnpj_ws", cnpj_ws_limit="1/minute")
    app.state.settings = suppliers.settings
    assert (await client.get(f"/{make_cnpj(1)}")).status_code == 200
    response = await client.get(f"/{make_cnpj(2)}")
    assert (response.status_code, response.json()["code"]) == (503, "supplier-look-up-limited")
    assert response.headers["content-type"] == "application/problem+json"
    assert 55 <= int(response.headers["retry-after"]) <= 61
    assert (await client.get(f"/{make_cnpj(1)}")).status_code == 200


async def test_providers_that_all_fail_are_503(client: AsyncClient, suppliers: Suppliers) -> None:
    suppliers.registry.state.faults["cnpj_ws"] = Fault("error", 1)
    response = await client.get(f"/{make_cnpj(3)}")
    assert (response.status_code, response.json()["code"]) == (503, "supplier-look-up-failed")
    assert int(response.headers["retry-after"]) > 0


async def test_limits_that_cannot_be_read_are_503_and_nobody_is_asked(
    client: AsyncClient, app: FastAPI, suppliers: Suppliers
) -> None:
    app.state.settings = suppliers.settings.model_copy(
        update={"broker": BrokerSettings(redis_url="redis://127.0.0.1:1/0")}
    )
    response = await client.get(f"/{make_cnpj(5)}")
    assert (response.status_code, response.json()["code"]) == (503, "supplier-look-up-failed")
    assert suppliers.registry.state.asks == []


async def test_a_stale_supplier_is_shown_at_once_and_renewed_by_one_job(
    client: AsyncClient, app: FastAPI, suppliers: Suppliers
) -> None:
    cnpj = make_cnpj(4)
    await suppliers.look_up(cnpj)
    await suppliers.age(cnpj, timedelta(days=31))
    for _ in range(3):
        response = await client.get(f"/{cnpj}")
        assert (response.status_code, response.json()["is_stale"]) == (200, True)
    assert suppliers.registry.state.count(cnpj) == 1
    [(kind, job_id, total)] = app.state.dispatcher.sent
    assert (kind, total) == (REFRESH_KIND, 1)
    rows = await suppliers.execute("SELECT input FROM job_parts WHERE job_id = :id", id=job_id)
    assert rows[0].input == {"cnpjs": [cnpj]}
