"""The engine over RabbitMQ: a real worker process on real quorum queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from amqp.exceptions import NotFound, PreconditionFailed
from kombu.connection import Connection
from tests.fakes.breakable_proxy import BreakableProxy
from tests.fakes.engine import Engine
from tests.fakes.noting_tasks import KIND
from tests.fakes.processes import celery_process, wait_for

from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher
from malha.jobs.registry import Queue, get_handler
from malha.kit.ids import new_id
from malha.settings import BrokerSettings, EngineSettings, Settings

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
DELAYED_QUEUE = "celery_delayed_0"


@dataclass
class Broker:
    """The broker as the tests see it: the worker comes through the proxy, the tests come directly."""

    url: str
    proxied_url: str
    proxy: BreakableProxy
    prefix: str
    publisher: Publisher

    def send(self, job_id: UUID, total: int) -> None:
        for no in range(total):
            self.publisher.send_parts(get_handler(KIND), [(str(job_id), no, no)])

    def has_queue(self, name: str) -> bool:
        with Connection(self.url) as connection, connection.channel() as channel:
            try:
                channel.queue_declare(name, passive=True)
            except NotFound:
                return False
            return True


@pytest.fixture
def broker(rabbitmq_url: str, engine: Engine) -> Iterator[Broker]:
    prefix = f"malha-test-{new_id().hex}."
    parts = urlsplit(rabbitmq_url)
    settings = Settings(
        database=engine.settings.database,
        broker=BrokerSettings(redis_url=engine.settings.broker.redis_url, celery_broker_url=rabbitmq_url),
        engine=EngineSettings(queue_prefix=prefix, extra_task_modules=["tests.fakes.noting_tasks"]),
    )
    with BreakableProxy(parts.hostname or "127.0.0.1", parts.port or 5672) as proxy:
        login, _, _ = parts.netloc.rpartition("@")
        proxied = parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}" if login else f"127.0.0.1:{proxy.port}")
        app = make_celery(settings)
        publisher = Publisher(app)
        yield Broker(rabbitmq_url, proxied.geturl(), proxy, prefix, publisher)
        publisher.close()
        app.close()
    with Connection(rabbitmq_url) as connection, connection.channel() as channel:
        for queue in Queue:
            channel.queue_delete(f"{prefix}{queue.value}")
        for exchange in ("jobs", "control.pidbox", "reply.control.pidbox", "events"):
            channel.exchange_delete(f"{prefix}{exchange}")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def worker(engine: Engine, broker: Broker, log: Path) -> Iterator[None]:
    environ = {
        "DATABASE_URL": engine.settings.database.url,
        "REDIS_URL": engine.settings.broker.redis_url,
        "CELERY_BROKER_URL": broker.proxied_url,
        "JOB_QUEUE_PREFIX": broker.prefix,
        "JOB_EXTRA_TASK_MODULES": "tests.fakes.noting_tasks",
    }
    options = ("--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
    with celery_process("worker", *options, environ=environ, log=log):
        yield


@pytest.mark.usefixtures("worker")
def test_a_worker_drains_quorum_queues_and_survives_its_broken_connection(
    engine: Engine, broker: Broker, log: Path, effects: Callable[[], list[int]]
) -> None:
    had_delayed_queues = broker.has_queue(DELAYED_QUEUE)

    first = engine.submit(KIND, [{}] * 10)
    broker.send(first, 10)
    wait_for(lambda: engine.job(first)["state"] == "succeeded", log=log)

    running = engine.submit(KIND, [{"seconds": 1}])
    broker.send(running, 1)
    wait_for(lambda: (3, "test.noted") in engine.events(running), log=log)
    connections = broker.proxy.accepted
    assert broker.proxy.break_all() > 0
    second = engine.submit(KIND, [{}] * 10)
    broker.send(second, 10)
    wait_for(lambda: engine.job(running)["state"] == engine.job(second)["state"] == "succeeded", log=log)
    assert broker.proxy.accepted > connections
    assert [part["attempts"] for part in engine.parts(running)] == [1]
    assert effects() == sorted([*range(10), 0, *range(10)])

    wait_for(lambda: broker.publisher.depth(Queue.LONG) == 0, log=log)
    assert broker.has_queue(DELAYED_QUEUE) == had_delayed_queues
    for queue in Queue:
        with Connection(broker.url) as connection, connection.channel() as channel, pytest.raises(PreconditionFailed):
            channel.queue_declare(f"{broker.prefix}{queue.value}", durable=True, arguments={"x-queue-type": "classic"})
