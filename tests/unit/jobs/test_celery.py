"""The Celery application: where it connects, which queues it knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from kombu.utils import functional
from pydantic import ValidationError

from malha.jobs.celery import make_celery
from malha.jobs.registry import Queue
from malha.jobs.transport import Consumer
from malha.settings import BrokerSettings, EngineSettings, Settings


def make_app(broker_url: str, **engine: Any) -> Any:
    return make_celery(Settings(broker=BrokerSettings(celery_broker_url=broker_url), engine=EngineSettings(**engine)))


def test_the_settings_broker_wins_over_what_celery_reads_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "unix:///run/other.sock?db=1")
    app = make_app("unix:///run/redis.sock?db=3")
    for connect in (app.connection, app.connection_for_read, app.connection_for_write):
        assert (connect().transport_cls, connect().hostname) == ("redis", "socket:///run/redis.sock?virtual_host=3")


def test_queues_carry_the_prefix_and_are_known_by_their_plain_names_too() -> None:
    app = make_app("redis://127.0.0.1/0", queue_prefix="other.")
    for queue in Queue:
        declared = app.amqp.queues[queue.value]
        assert (declared.name, declared.routing_key) == (f"other.{queue.value}", f"other.{queue.value}")
        assert declared.exchange.name == "other.jobs"
    assert list(app.amqp.queues.consume_from) == [f"other.{queue.value}" for queue in Queue]


@pytest.mark.parametrize("chosen", [["short"], ["short", "long"], ["long.express"]])
def test_a_worker_of_one_queue_takes_its_express_lane_too(chosen: list[str]) -> None:
    app = make_app("redis://127.0.0.1/0", queue_prefix="other.")
    app.amqp.queues.select(chosen)
    signals.celeryd_after_setup.send(sender="worker", instance=SimpleNamespace(app=app), conf=app.conf)
    lanes = {f"other.{Queue(name).express.value}" for name in chosen}
    assert set(app.amqp.queues.consume_from) == {f"other.{name}" for name in chosen} | lanes


@pytest.mark.parametrize(("url", "kind"), [("amqp://127.0.0.1//", "quorum"), ("redis://127.0.0.1/0", None)])
def test_queues_are_quorum_queues_on_rabbitmq_only(url: str, kind: str | None) -> None:
    for queue in make_app(url).amqp.queues.values():
        assert (queue.queue_arguments or {}).get("x-queue-type") == kind


def test_a_prefix_that_a_broker_could_misread_is_refused() -> None:
    with pytest.raises(ValidationError):
        EngineSettings(queue_prefix="two words")


def test_the_consumer_has_every_step_of_celerys_but_the_one_for_delayed_queues() -> None:
    own, celerys = set(Consumer.Blueprint.default_steps), set(Consumer.__bases__[0].Blueprint.default_steps)
    assert celerys - own == {"celery.worker.consumer.delayed_delivery:DelayedDelivery"}
    assert own <= celerys


def test_a_broker_that_is_away_is_tried_again_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    def note(error: Exception, pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 8:
            raise KeyboardInterrupt

    monkeypatch.setattr(functional, "sleep", lambda _seconds: None)
    connection = make_app("redis://127.0.0.1/0").connection_for_read()
    monkeypatch.setattr(connection, "_connection_factory", refuse)
    with pytest.raises(KeyboardInterrupt):
        connection.ensure_connection(note, None)
    assert pauses == [0.5, 1, 1.5, 2, 2, 2, 2, 2]
