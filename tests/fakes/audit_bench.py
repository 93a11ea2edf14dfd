"""The audits' routes and handler on a real database, with the parts run by the test instead of by Celery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient
from tests.factories.forms import CONTENT_TYPE, FormFile, form_body
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine, RecordingDispatcher

from malha.audits.service import KIND
from malha.identity.policy import Principal
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage import Storage


@dataclass
class Bench:
    """An API with one caller, the store behind it, and a worker that runs when it is told to."""

    client: TestClient
    app: FastAPI
    engine: Engine
    uploads: Path
    dispatcher: RecordingDispatcher

    def become(self, principal: Principal) -> None:
        """Let every request from here on come from this principal."""
        become(self.app, principal)

    def post(self, files: Sequence[FormFile], *, key: str | None = None, **fields: str) -> Response:
        """`POST /audits`, with a new key unless one is given; an empty key sends no header."""
        headers = {"Content-Type": CONTENT_TYPE}
        if key != "":
            headers["Idempotency-Key"] = key or str(new_id())
        return self.client.post("/api/v1/audits", content=form_body(files, list(fields.items())), headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        """A successful GET below `/audits`, as JSON."""
        response = self.client.get(f"/api/v1/audits{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def work(self, job_id: str) -> dict[str, Any]:
        """Run every part of the job and return the audit."""
        no = 0
        while no < self.engine.job(UUID(job_id))["total"]:  # which parts raise that add others
            self.engine.deliver(KIND, (UUID(job_id), no, no))
            no += 1
        return self.get(f"/{job_id}")

    def audit(self, *files: FormFile, **fields: str) -> dict[str, Any]:
        """Send files, run the job, return the audit."""
        response = self.post(files, **fields)
        assert response.status_code == 202, response.text
        return self.work(response.json()["id"])

    def stored(self) -> list[Path]:
        """Every file and folder in the store."""
        return sorted(self.uploads.rglob("*"))


@contextmanager
def open_bench(database_url: str, redis_url: str, folder: Path, **limits: Any) -> Iterator[Bench]:
    """A bench whose store is below the folder; leaves the database empty."""
    uploads = UploadSettings.model_validate({"directory": folder / "uploads", "fsync": False, **limits})
    engine = Engine(database_url, redis_url)
    settings = engine.settings.model_copy(update={"uploads": uploads})
    engine.runtime.storage = Storage.from_settings(uploads)
    with open_application(settings) as application:
        made = Bench(application.client, application.app, engine, folder / "uploads", application.dispatcher)
        made.become(make_principal())
        yield made
    engine.record.execute("DELETE FROM idempotency_keys")
    engine.close()
