"""The banking routes and handlers on a real database, with the parts run by the test instead of by Celery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx2 import Response
from redis import Redis
from starlette.testclient import TestClient
from tests.factories.forms import CONTENT_TYPE, FormFile, form_body
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine, RecordingDispatcher
from tests.fakes.pluggy import PluggyServer

from malha.identity.policy import Principal
from malha.settings import UploadSettings
from malha.storage import Storage


@dataclass
class BankingBench:
    """An API with one caller, a worker that runs when it is told to, and Pluggy."""

    client: TestClient
    app: FastAPI
    engine: Engine
    pluggy: PluggyServer
    uploads: Path
    dispatcher: RecordingDispatcher
    principal: Principal

    def become(self, principal: Principal) -> None:
        """Let every request from here on come from this principal."""
        self.principal = principal
        become(self.app, principal)

    def get(self, path: str, **query: Any) -> Any:
        """A successful GET below `/banking`, as JSON."""
        response = self.client.get(f"/api/v1/banking{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any = None, **options: Any) -> Response:
        """A POST below `/banking`."""
        return self.client.post(f"/api/v1/banking{path}", json=body, **options)

    def add_account(self, **fields: Any) -> str:
        """An account of the caller; its id."""
        response = self.post("/accounts", {"name": "Conta", **fields})
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def upload(self, account_id: str, *files: FormFile, key: str | None = None, **fields: str) -> Response:
        """`POST .../statements`."""
        headers = {"Content-Type": CONTENT_TYPE} | ({"Idempotency-Key": key} if key else {})
        path = f"/api/v1/banking/accounts/{account_id}/statements"
        return self.client.post(path, content=form_body(list(files), list(fields.items())), headers=headers)

    def import_(
        self, account_id: str, *contents: bytes, name: str = "extrato.ofx", **fields: str
    ) -> list[dict[str, Any]]:
        """Upload, run the job, and return the statements in the order of the files."""
        files = [FormFile(f"{no:02}-{name}", content, "text/plain") for no, content in enumerate(contents)]
        response = self.upload(account_id, *files, **fields)
        assert response.status_code == 202, response.text
        self.work(response.json()["job_id"])
        found = self.get("/statements", job_id=response.json()["job_id"])["items"]
        return sorted(found, key=lambda statement: statement["name"])

    def work(self, job_id: str) -> dict[str, Any]:
        """Deliver every part of the job once; the job as it then is."""
        job = self.engine.job(UUID(job_id))
        for no in range(job["total"]):
            self.engine.deliver(job["kind"], (UUID(job_id), no, no))
        return self.engine.job(UUID(job_id))

    def sync(self, account_id: str) -> dict[str, Any]:
        """Ask for a sync and run it; the counts of its only part."""
        response = self.post(f"/accounts/{account_id}/sync")
        assert response.status_code == 202, response.text
        return self.result(response.json()["job_id"])

    def result(self, job_id: str) -> dict[str, Any]:
        """Run a job that succeeds; its result."""
        job = self.work(job_id)
        assert job["state"] == "succeeded", self.engine.parts(UUID(job_id))
        return job["result"]

    def connect(self) -> tuple[str, str]:
        """An account that is connected and synced for the first time; our id and Pluggy's."""
        item_id = self.pluggy.state.add_item(str(self.principal.workspace_id))
        pluggy_id = self.pluggy.state.add_account(item_id)
        response = self.post("/pluggy/items", {"item_id": item_id})
        assert response.status_code == 202, response.text
        self.work(response.json()["job_ids"][0])
        return response.json()["accounts"][0]["id"], pluggy_id

    def transactions(self, **query: Any) -> list[dict[str, Any]]:
        """Every transaction of the caller, all pages, oldest first unless sorted otherwise."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/transactions", **{"sort": "date", "limit": 500, **query, **cursor})
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}


@contextmanager
def open_banking_bench(database_url: str, redis_url: str, folder: Path, pluggy: PluggyServer) -> Iterator[BankingBench]:
    """A bench whose store is below the folder; leaves the database empty and Pluggy as it was."""
    engine = Engine(database_url, redis_url)
    uploads = UploadSettings.model_validate({"directory": folder / "uploads", "fsync": False})
    changed = {"uploads": uploads, "outbound": pluggy.outbound()}
    settings = engine.settings.model_copy(update=changed).with_groups(pluggy.settings())
    engine.runtime.settings = settings
    engine.runtime.storage = Storage.from_settings(uploads)
    with open_application(settings) as application:
        made = BankingBench(
            application.client,
            application.app,
            engine,
            pluggy,
            folder / "uploads",
            application.dispatcher,
            make_principal(),
        )
        made.become(made.principal)
        yield made
    engine.record.execute("TRUNCATE idempotency_keys, cost_centers, bank_accounts, pluggy_events CASCADE")
    engine.close()
    pluggy.state.forget()
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("malha:*"):
            redis.delete(key)
