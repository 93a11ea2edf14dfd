"""The expenses' routes and handler on a real database, asking the simulated registry; the test is the worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from redis import Redis
from starlette.testclient import TestClient
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine
from tests.fakes.registry import RegistryServer

from malha.expenses.service import KIND
from malha.identity.policy import Principal


@dataclass
class Desk:
    """An API with one caller, a worker that runs when it is told to, and the registry that it asks."""

    client: TestClient
    app: FastAPI
    engine: Engine
    registry: RegistryServer

    def become(self, principal: Principal) -> None:
        become(self.app, principal)

    def ask_providers(self, **fields: Any) -> None:
        """Ask CNPJ.ws with these settings from here on."""
        providers = fields.pop("providers", ["cnpj_ws"])
        suppliers = self.registry.suppliers(*providers, **fields)
        outbound = {"outbound": self.registry.outbound()}
        self.engine.runtime.settings = self.engine.runtime.settings.model_copy(update=outbound).with_groups(suppliers)
        self.app.state.settings = self.engine.runtime.settings

    def submit(self, *items: dict[str, Any], **fields: Any) -> str:
        answer = self.client.post("/batch-expenses", json={"items": list(items), **fields})
        assert answer.status_code == 202, answer.text
        return answer.json()["task_id"]

    def work(self, task_id: str, *, rounds: int = 4) -> dict[str, Any]:
        """Deliver the parts until nothing is due any more, and return the task."""
        job_id = UUID(task_id)
        for _ in range(rounds):
            for part in self.engine.parts(job_id):
                self.engine.deliver(KIND, (job_id, part["no"], part["no"]))
        return self.task(task_id)

    def task(self, task_id: str) -> dict[str, Any]:
        return self.client.get(f"/tasks/{task_id}").json()

    def work_kind(self, kind: str, *, rounds: int = 4) -> None:
        """The same for all jobs of a kind, whoever submitted them."""
        for row in self.engine.record.execute("SELECT id FROM jobs WHERE kind = %s", [kind]).fetchall():
            for _ in range(rounds):
                for part in self.engine.parts(row["id"]):
                    self.engine.make_due(row["id"])
                    self.engine.deliver(kind, (row["id"], part["no"], part["no"]))

    def run_recurring(self, kind: str) -> dict[str, Any] | None:
        """One turn of a recurring task, and what came of it."""
        job_id = self.engine.submit(kind, [{}])
        self.engine.deliver(kind, (job_id, 0, 0))
        return self.engine.job(job_id)["result"]

    def look_up(self, cnpj: str) -> tuple[int, str | None]:
        """Status and code of a question for one supplier."""
        answer = self.client.get(f"/api/v1/suppliers/{cnpj}")
        return answer.status_code, answer.json().get("code")

    def forget_breakers(self) -> None:
        """Let the pauses of providers that failed be over."""
        with Redis.from_url(self.engine.settings.broker.redis_url) as redis:
            for key in redis.scan_iter("malha:breaker:*"):
                redis.delete(key)

    def asks(self, cnpj: str) -> int:
        """How often the registry was asked about a CNPJ."""
        return sum(ask.cnpj == cnpj for ask in self.registry.state.asks)


@pytest.fixture(scope="module")
def registry_server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


@pytest.fixture
def desk(database_url: str, redis_url: str, registry_server: RegistryServer) -> Iterator[Desk]:
    engine = Engine(database_url, redis_url)
    with open_application(engine.settings) as application:
        made = Desk(application.client, application.app, engine, registry_server)
        made.become(make_principal())
        made.ask_providers()
        yield made
    registry_server.state.__init__(limits=registry_server.state.limits)  # type: ignore[misc] - a clean sheet
    engine.record.execute("TRUNCATE idempotency_keys, suppliers, supplier_claims, supplier_retractions")
    engine.close()
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("malha:*"):
            redis.delete(key)
