"""Notifications on a real database, with receivers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.factories.identity import make_principal
from tests.fakes.application import Application, become, open_application
from tests.fakes.engine import Engine
from tests.fakes.receivers import MailServer, WebhookReceiver, mail_server

from malha.identity.policy import Principal
from malha.notifications.service import DELIVER_KIND, Notice, notify
from malha.notifications.settings import MailSecurity, MailSettings
from malha.settings import OutboundSettings

TABLES = "notification_endpoints, notification_messages, notification_deliveries, notification_attempts"


@dataclass
class Bench:
    """The application with one caller, a worker, a webhook's receiver and a mail server."""

    application: Application
    engine: Engine
    receiver: WebhookReceiver
    mail: MailServer
    principal: Principal

    @property
    def client(self) -> TestClient:
        return self.application.client

    def become(self, principal: Principal) -> None:
        self.principal = principal
        become(self.application.app, principal)

    def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return self.client.post(f"/api/v1/notifications{path}", json=body, headers=headers)

    def get(self, path: str) -> Any:
        answer = self.client.get(f"/api/v1/notifications{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add(self, kind: str = "webhook", **fields: Any) -> dict[str, Any]:
        """An endpoint; by default the receiver's webhook."""
        address = {"webhook": self.receiver.url, "email": self.principal.email, "live": ""}[kind]
        body = {"kind": kind, "name": "Destino", "address": address} | fields
        answer = self.post("/endpoints", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def notify(self, notice: Notice) -> UUID | None:
        """Tell the caller's workspace, in a transaction of its own."""

        async def tell() -> UUID | None:
            async with self.engine.runtime.database.session() as session:
                return await notify(session, self.principal.workspace_id, notice)

        return self.engine.runtime.run(tell())

    def deliver(self, delivery_id: str) -> None:
        """One try, whenever it is due."""
        self.engine.make_due(UUID(delivery_id))
        self.engine.deliver(DELIVER_KIND, (UUID(delivery_id), 0, 0))

    def deliver_all(self) -> list[dict[str, Any]]:
        """One try for each delivery that waits; what became of all of them, the oldest first."""
        for delivery in reversed(self.get("/deliveries")["items"]):
            if delivery["state"] in {"waiting", "retrying"}:
                self.deliver(delivery["id"])
        return [self.get(f"/deliveries/{each['id']}") for each in reversed(self.get("/deliveries")["items"])]


@pytest.fixture(scope="module")
def stage(database_url: str, redis_url: str) -> Iterator[Bench]:
    """What takes a while to start, once for a module."""
    engine = Engine(database_url, redis_url)
    with WebhookReceiver() as receiver, mail_server() as (mail, port):
        mail_settings = MailSettings(
            host="127.0.0.1", port=port, security=MailSecurity.NONE, from_address="avisos@malha.example"
        )
        update = {
            "outbound": OutboundSettings(allowed_hosts=[receiver.host]),
            "public_url": "https://malha.example",
        }
        settings = engine.settings.model_copy(update=update).with_groups(mail_settings)
        engine.settings = engine.runtime.settings = settings
        with open_application(settings) as application:
            yield Bench(application, engine, receiver, mail, make_principal())
    engine.close()


@pytest.fixture
def bench(stage: Bench) -> Iterator[Bench]:
    """A caller whom nobody has told anything yet."""
    stage.become(make_principal())
    stage.receiver.forget()
    stage.mail.forget()
    yield stage
    stage.engine.record.execute(f"TRUNCATE jobs, {TABLES}, idempotency_keys CASCADE")  # type: ignore[arg-type] - a constant
