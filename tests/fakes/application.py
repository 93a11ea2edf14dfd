"""The whole application for one test, with a caller of its choice, and a record of what would go to the workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.fakes.engine import RecordingDispatcher

from malha.identity.policy import Principal
from malha.jobs.delivery import Delivery
from malha.main import create_app
from malha.settings import Settings
from malha.slices import SLICES


@dataclass
class Application:
    """The application, a client of it, and the dispatches that it made."""

    app: FastAPI
    client: TestClient
    dispatcher: RecordingDispatcher


@dataclass(frozen=True)
class Doorman:
    """Takes any credential for that of one principal."""

    principal: Principal

    async def authenticate(self, _credential: str, _workspace_id: UUID | None = None) -> Principal:
        return self.principal


def become(app: FastAPI, principal: Principal) -> None:
    """Let every request from here on come from this principal."""
    app.state.authenticator = Doorman(principal)


@contextmanager
def open_application(settings: Settings, slices: Iterable[str] = SLICES) -> Iterator[Application]:
    """Started, on the settings' database and Redis, with nothing sent to any worker."""
    app = create_app(settings, slices)
    with TestClient(app, headers={"Authorization": "Bearer anything"}) as client:
        dispatcher = RecordingDispatcher()
        app.state.database.deliver = Delivery(dispatcher, app.state.feed)
        yield Application(app, client, dispatcher)
