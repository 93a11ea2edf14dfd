"""The whole application for one test, with a caller of its choice, and a record of what would go to the workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.fakes.engine import RecordingDispatcher

from malha.identity.policy import Principal, current_principal
from malha.jobs.delivery import Delivery
from malha.main import create_app
from malha.settings import Settings


@dataclass
class Application:
    """The application, a client of it, and the dispatches that it made."""

    app: FastAPI
    client: TestClient
    dispatcher: RecordingDispatcher

    def become(self, principal: Principal) -> None:
        """Let every request from here on come from this principal."""
        self.app.dependency_overrides[current_principal] = lambda: principal


@contextmanager
def open_application(settings: Settings) -> Iterator[Application]:
    """Started, on the settings' database and Redis, with nothing sent to any worker."""
    app = create_app(settings)
    with TestClient(app) as client:
        dispatcher = RecordingDispatcher()
        app.state.database.deliver = Delivery(dispatcher, app.state.feed)
        yield Application(app, client, dispatcher)
