"""The part numbers on a real database and Redis; the test is the worker, and an AI server listens on loopback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.factories.identity import make_principal
from tests.fakes.ai_server import Conduct, FaultyServer
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine
from tests.fakes.loopback import LoopbackServer, wait_until

from malha.ai_server.app import create_app
from malha.identity.policy import Principal
from malha.partnumbers.service import KIND
from malha.partnumbers.settings import PartNumberSettings


@dataclass
class Desk:
    """An API with one caller, a worker that runs when it is told to, and the AI server that it asks."""

    client: TestClient
    app: FastAPI
    engine: Engine
    ai: FaultyServer
    principal: Principal

    def become(self, principal: Principal) -> None:
        become(self.app, principal)

    def configure(self, **fields: Any) -> None:
        settings = self.engine.runtime.settings
        partnumbers = settings.of(PartNumberSettings).model_copy(update=fields)
        self.engine.runtime.settings = settings.with_groups(partnumbers)
        self.app.state.settings = self.engine.runtime.settings

    def single(self, partnumber: str = "BC847B", **fields: Any) -> dict[str, Any]:
        answer = self.client.post("/classify-partnumber", json={"partnumber": partnumber, **fields})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def batch(self, *partnumbers: Any, **fields: Any) -> dict[str, Any]:
        answer = self.client.post("/classify-batch", json={"partnumbers": list(partnumbers), **fields})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def work(self, task: dict[str, Any], *, rounds: int = 9) -> dict[str, Any]:
        """Deliver what is open until the job has ended or the rounds are over, and return the task."""
        job_id = UUID(task["task_id"])
        for _ in range(rounds):
            for part in self.engine.parts(job_id):
                if part["state"] == "queued":
                    self.deliver(job_id, part["no"])
        return self.task(task)

    def deliver(self, job_id: UUID, no: int = 0) -> dict[str, Any]:
        """One attempt of a part, with as many deliveries as that takes when the answer lets it sleep."""
        self.engine.make_due(job_id)
        self.engine.deliver(KIND, (job_id, no, no))
        if self.runs(job_id, no):
            wait_until(lambda: not any(run["outcome"] is None for run in self.runs(job_id, no)))
            self.engine.make_due(job_id)
            self.engine.deliver(KIND, (job_id, no, no))
        return self.engine.parts(job_id)[no]

    def runs(self, job_id: UUID, no: int = 0) -> list[dict[str, Any]]:
        """The question of a part that is with the server and has a listener, or whose outcome nobody took yet."""
        query = """
            SELECT * FROM classification_runs r WHERE task_id = %s AND part_no = %s AND (heard_until > now()
            OR outcome IS NOT NULL) AND EXISTS (SELECT FROM job_parts p WHERE p.job_id = r.task_id
            AND p.no = r.part_no AND p.state IN ('queued', 'held', 'running'))
        """
        return self.engine.record.execute(query, [job_id, no]).fetchall()

    def task(self, task: dict[str, Any]) -> dict[str, Any]:
        return self.client.get(f"/api/v1/partnumbers/tasks/{task['task_id']}").json()

    def errors(self, task: dict[str, Any]) -> list[str]:
        """The kinds of errors that the task's parts ended with."""
        return [part["error"]["type"] for part in self.engine.parts(UUID(task["task_id"])) if part["error"]]


@pytest.fixture(scope="module")
def faulty(redis_url: str) -> Iterator[FaultyServer]:
    server = FaultyServer(redis_url)
    with LoopbackServer(server.app) as listening:
        server.url = listening.url
        yield server


@pytest.fixture(scope="module")
def reference_url(redis_url: str) -> Iterator[str]:
    with LoopbackServer(create_app(redis_url)) as listening:
        yield listening.url


@pytest.fixture
def desk(database_url: str, redis_url: str, faulty: FaultyServer) -> Iterator[Desk]:
    engine = Engine(database_url, redis_url)
    faulty.conduct, faulty.requests = Conduct(), []
    with open_application(engine.settings) as application:
        principal = make_principal()
        add_workspace(engine, principal)
        made = Desk(application.client, application.app, engine, faulty, principal)
        made.become(principal)
        made.configure(ai_server_url=faulty.url, start_seconds=2, silence_seconds=1, timeout_seconds=20, chunk=3)
        yield made
    engine.record.execute("TRUNCATE idempotency_keys, partnumbers CASCADE")
    engine.record.execute("DELETE FROM workspaces WHERE id = %s", [principal.workspace_id])
    engine.close()


def add_workspace(engine: Engine, principal: Principal) -> None:
    """Known part numbers belong to a stored workspace."""
    columns = engine.record.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'workspaces'"
        " AND is_nullable = 'NO' AND column_default IS NULL"
    ).fetchall()
    assert {row["column_name"] for row in columns} <= {"id", "name"}, columns
    with contextlib.suppress(psycopg.errors.UniqueViolation):
        engine.record.execute(
            "INSERT INTO workspaces (id, name) VALUES (%s, %s)", [principal.workspace_id, "Importadora"]
        )
