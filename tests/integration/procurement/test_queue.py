"""From the request to the queue and from the queue to the job, over a real broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from kombu.connection import Connection
from kombu.entity import Queue
from tests.fakes.application import Application, become, open_application
from tests.fakes.loopback import wait_until

from malha.identity.policy import Principal, Role
from malha.jobs.outbox import BrokerPublisher, OutboxSender, send_next
from malha.kit.clock import SAO_PAULO
from malha.kit.ids import new_id
from malha.kit.urls import celery_broker_url, libpq_url
from malha.procurement.client.requests import Mode, SyncRequest, read_message
from malha.procurement.service import DEAD_SUFFIX, Ingestor
from malha.procurement.settings import ProcurementSettings
from malha.settings import BrokerSettings, DatabaseSettings, Settings

NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1//"


@pytest.fixture(params=["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def broker_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def queue(broker_url: str) -> Iterator[str]:
    name = f"test.{new_id()}"
    yield name
    with Connection(celery_broker_url(broker_url)) as connection, connection.channel() as channel:
        for made in (name, name + DEAD_SUFFIX):
            channel.queue_delete(made)


@dataclass
class Consumed:
    """An ingestor that runs, and what it was given."""

    taken: list[tuple[SyncRequest, UUID]]
    failures: list[Exception]


@pytest.fixture
def consumed(broker_url: str, queue: str) -> Iterator[Consumed]:
    record = Consumed([], [])

    def take(request: SyncRequest, request_id: UUID) -> UUID:
        if record.failures:
            raise record.failures.pop()
        record.taken.append((request, request_id))
        return new_id()

    ingestor = Ingestor(broker_url, queue, take)
    thread = threading.Thread(target=ingestor.run, daemon=True)
    thread.start()
    yield record
    ingestor.should_stop = True
    thread.join(10)
    assert not thread.is_alive()
    ingestor.close()


def read_all(url: str, queue: str) -> list[Any]:
    """What waits in a queue, taken out."""
    found = []
    with Connection(celery_broker_url(url)) as connection, connection.channel() as channel:
        bound = Queue(queue, durable=True)(channel)  # type: ignore[arg-type] - kombu's channel, whatever the transport
        bound.declare()
        while (message := bound.get(no_ack=True)) is not None:
            found.append(message)
    return found


def test_messages_of_anyone_are_taken_and_bad_ones_are_kept_with_the_reason(
    broker_url: str, queue: str, consumed: Consumed
) -> None:
    publisher = BrokerPublisher(broker_url)
    request_id = new_id()
    bodies = [
        b"", b"{}", b'{"mode":"update","more":1}', b"not json", b'{"mode":"drop"}', b'{"mode":"backfill"}', b"[]",
        json.dumps({"mode": "update", "request_id": str(request_id)}).encode(),
    ]  # fmt: skip
    for body in bodies:
        publisher.publish(queue, body, message_id=str(new_id()))
    publisher.close()

    wait_until(lambda: any(taken == request_id for _, taken in consumed.taken))

    assert [request.mode for request, _ in consumed.taken] == [Mode.UPDATE] * 4
    dead = read_all(broker_url, queue + DEAD_SUFFIX)
    assert len(dead) == 4
    assert all(message.headers["x-reason"] for message in dead)


def test_a_message_that_could_not_be_written_comes_again(broker_url: str, queue: str, consumed: Consumed) -> None:
    consumed.failures.append(ConnectionError("the database is away"))
    publisher = BrokerPublisher(broker_url)
    message_id = new_id()
    publisher.publish(queue, b"{}", message_id=str(message_id))
    publisher.close()

    wait_until(lambda: consumed.taken)

    assert [request_id for _, request_id in consumed.taken] == [message_id]


@dataclass
class Backend:
    """The application with its outbox, and a way to send what waits in it."""

    application: Application
    database_url: str
    queue: str

    def send(self, url: str) -> list[bool]:
        """Send until nothing goes; whether each try went."""
        publisher = BrokerPublisher(url)
        tries = []
        with psycopg.connect(libpq_url(self.database_url)) as connection:
            while not tries or tries[-1]:
                tries.append(send_next(connection, publisher))
        publisher.close()
        return tries


@pytest.fixture
def backend(database_url: str, redis_url: str, queue: str) -> Iterator[Backend]:
    settings = Settings(
        database=DatabaseSettings(url=database_url),
        broker=BrokerSettings(redis_url=redis_url, rabbitmq_url=NOBODY_THERE),
    ).with_groups(ProcurementSettings(queue=queue))
    with open_application(settings) as application:
        application.app.state.outbox.close()  # the test sends, to see each try
        yield Backend(application, database_url, queue)
        with psycopg.connect(libpq_url(database_url)) as connection:
            connection.execute("TRUNCATE procurement_runs, procurement_partitions, outbox_messages")


@pytest.fixture
def admin(backend: Backend, make_principal: Callable[..., Principal]) -> Application:
    become(backend.application.app, make_principal(is_superuser=True))
    return backend.application


@pytest.fixture
def make_principal() -> Callable[..., Principal]:
    def make(*, is_superuser: bool) -> Principal:
        return Principal(
            user_id=new_id(),
            email="",
            is_superuser=is_superuser,
            workspace_id=new_id(),
            role=Role.OWNER,
            scopes=None,
            via="jwt",
            credential_id=new_id(),
        )

    return make


def test_with_the_broker_away_a_request_is_accepted_and_sent_once_it_is_back(
    backend: Backend, admin: Application, broker_url: str
) -> None:
    body = {"mode": "backfill", "data_ini": "2025-01-10T12:00:00", "data_fim": "2025-01-10T18:00:00"}
    answer = admin.client.post("/sync/force", json=body)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert answer.json()["message"] == "Sync request published: backfill"

    assert backend.send(NOBODY_THERE) == [False]
    assert backend.send(broker_url) == [True, False]

    (message,) = read_all(broker_url, backend.queue)
    assert json.loads(message.body) == body | {"request_id": answer.json()["request_id"]}
    status = admin.client.get("/sync/status", params={"request_id": answer.json()["request_id"]}).json()
    assert (status["state"], status["mode"]) == ("queued", "backfill")


def test_what_a_dead_api_process_has_accepted_is_sent_once_by_whoever_is_left(
    backend: Backend, admin: Application, broker_url: str
) -> None:
    answers = [admin.client.post("/sync/force", json={"mode": "update"}) for _ in range(5)]
    settings = backend.application.app.state.settings
    redis_url = settings.broker.redis_url
    broker = BrokerSettings(redis_url=redis_url, rabbitmq_url=broker_url if broker_url.startswith("amqp") else "")
    alive = settings.model_copy(update={"broker": broker})
    senders = [OutboxSender(alive) for _ in range(2)]  # as two beats have them

    with psycopg.connect(libpq_url(backend.database_url), autocommit=True) as connection:
        unsent = "SELECT count(*) FROM outbox_messages WHERE sent_at IS NULL"
        wait_until(lambda: connection.execute(unsent).fetchone() == (0,))
    for sender in senders:
        sender.close()

    sent = [json.loads(message.body)["request_id"] for message in read_all(broker_url, backend.queue)]
    assert sorted(sent) == sorted(answer.json()["request_id"] for answer in answers)


def test_a_refill_is_asked_for_through_the_queue(backend: Backend, admin: Application, broker_url: str) -> None:
    body = {"first": "2025-01-10", "last": "2025-01-12", "kinds": ["contracts"]}
    answer = admin.client.post("/api/v1/procurement/coverage/refill", json=body)
    assert answer.status_code == 200
    assert backend.send(broker_url) == [True, False]

    (message,) = read_all(broker_url, backend.queue)
    asked = read_message(message.body.encode() if isinstance(message.body, str) else message.body)
    assert (asked.only_open, asked.kinds, str(asked.request_id)) == (True, ["contracts"], answer.json()["request_id"])
    assert (asked.data_ini, asked.data_fim) == (
        datetime(2025, 1, 10, tzinfo=SAO_PAULO),
        datetime(2025, 1, 12, 23, 59, 59, tzinfo=SAO_PAULO),
    )
    refused = admin.client.post("/api/v1/procurement/coverage/refill", json=body | {"last": "2025-01-09"})
    assert (refused.status_code, refused.json()["errors"][0]["loc"][-1]) == (422, "last")


def test_the_state_of_things_is_told_in_status_metrics_and_readiness(backend: Backend, admin: Application) -> None:
    api = admin.client
    assert api.get("/api/v1/health/ready").json()["checks"]["procurement"] == "ok"
    with psycopg.connect(libpq_url(backend.database_url)) as connection:
        connection.execute(
            "INSERT INTO procurement_runs (request_id, mode, state, window_end) "
            "VALUES (gen_random_uuid(), 'update', 'success', now() - interval '2 hours')"
        )
        connection.execute(
            "INSERT INTO procurement_partitions (kind, day, modality, state, reason) "
            "VALUES ('contracts', '2026-01-02', 0, 'partial', 'a reason')"
        )

    status = api.get("/sync/status").json()
    assert status["lag_seconds"] > 7000
    assert (status["freshness"]["open_partitions"], status["freshness"]["oldest_open"]["day"]) == (1, "2026-01-02")
    days = {"first": "2026-01-01", "last": "2026-01-03"}
    [field] = api.get("/api/v1/procurement/coverage/calendar", params=days).json()
    assert (field["kind"], field["day"], field["state"]) == ("contracts", "2026-01-02", "partial")
    assert api.get("/api/v1/procurement/freshness", params=days).json()["open_partitions"] == 1
    measured = api.get("/metrics").text
    assert "malha_procurement_open_partitions 1.0" in measured

    settings = admin.app.state.settings
    admin.app.state.settings = settings.with_groups(ProcurementSettings(queue=backend.queue, is_scheduled=True))
    ready = api.get("/api/v1/health/ready")
    admin.app.state.settings = settings
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["procurement"] == "degraded"


def test_refused_fields_are_counted_by_kind(admin: Application) -> None:
    admin.client.post("/sync/force", json={"mode": "backfill"})

    counted = 'malha_http_validation_errors_total{kind="missing",route="/sync/force"}'
    measured = [line for line in admin.client.get("/metrics").text.splitlines() if "validation_errors_total" in line]
    assert any(line.startswith(counted) for line in measured), measured


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"mode": "backfill"}, {"data_ini", "data_fim"}),
        ({"mode": "backfill", "data_ini": "2025-01-10T12:00:00"}, {"data_fim"}),
        ({"mode": "backfill", "data_ini": "2025-01-11T12:00:00", "data_fim": "2025-01-10T12:00:00"}, {"data_fim"}),
        ({"mode": "backfill", "data_ini": "10/01/2025", "data_fim": "2025-01-10T12:00:00"}, {"data_ini"}),
        ({"mode": "backfill", "data_ini": 1, "data_fim": "2025-01-10T12:00:00"}, {"data_ini"}),
        ({"mode": "sync"}, {"mode"}),
    ],
)
def test_a_bad_request_is_refused_by_its_field(admin: Application, body: dict[str, Any], fields: set[str]) -> None:
    answer = admin.client.post("/sync/force", json=body)

    assert answer.status_code == 422
    assert {error["loc"][-1] for error in answer.json()["errors"]} == fields


def test_only_an_administrator_may_ask(backend: Backend, make_principal: Callable[..., Principal]) -> None:
    become(backend.application.app, make_principal(is_superuser=False))

    assert backend.application.client.post("/sync/force", json={"mode": "update"}).status_code == 403
    assert backend.application.client.get("/sync/status").status_code == 403
