"""The Celery application and its consumer, with what the engine does not want of them left out."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

from typing import Any

from billiard.exceptions import WorkerLostError
from celery import Celery, Task
from celery.app.amqp import AMQP
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.request import Request as CeleryRequest
from kombu.connection import Connection
from kombu.utils.scheduling import round_robin_cycle

from malha.jobs.holders import end_leases_of
from malha.jobs.registry import LANE_SUFFIX
from malha.kit.urls import libpq_url
from malha.settings import get_settings

_PAUSES = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": 2}


class PatientConnection(Connection):
    """Tries again at least every two seconds while the broker is away; kombu's own pause grows to 30."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, or try again after half a second, one, and so on."""
        return super().ensure_connection(*args, **_PAUSES, **kwargs)


class Amqp(AMQP):
    """Celery's, with our connection."""

    Connection = PatientConnection


class Application(Celery):
    """Connects to the broker that it was made with, as soon as that is there.

    Celery itself lets CELERY_BROKER_URL of the environment win, in redis-py's spelling too, which kombu cannot read.
    """

    amqp_cls = "malha.jobs.transport:Amqp"
    task_cls = "malha.jobs.transport:EngineTask"

    def __init__(self, main: str, *, broker: str, **options: Any) -> None:
        super().__init__(main, broker=broker, **options)
        self._broker = broker

    def connection_for_read(self, url: str | None = None, **options: Any) -> Connection:
        """A connection for consuming."""
        return super().connection_for_read(url or self._broker, **options)

    def connection_for_write(self, url: str | None = None, **options: Any) -> Connection:
        """A connection for producing."""
        return super().connection_for_write(url or self._broker, **options)

    def connection(self, hostname: str | None = None, **options: Any) -> Connection:
        """A connection for whatever else; the worker's banner tells its URL."""
        return super().connection(hostname or self._broker, **options)


class Request(CeleryRequest):
    """A message on its way through the pool."""

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """End the leases of the process, where it died: its parts need not wait for them to run out."""
        if issubclass(exc_info.type, WorkerLostError) and self.worker_pid:
            end_leases_of(self.worker_pid, libpq_url(get_settings().database.url))
        return super().on_failure(exc_info, *args, **kwargs)


class EngineTask(Task):
    """What every handler is registered as."""

    Request = "malha.jobs.transport:Request"


class LanesEverySecondTime(round_robin_cycle):
    """The order in which Redis queues are asked: lanes first, unless the last message came from one.

    Every second message is a lane's while both wait: no backlog delays a retry by much, and no flood of failures stops
    fresh work.
    """

    def __init__(self, it: list[str] | None = None) -> None:
        super().__init__(it)
        self._last_was_lane = False

    def consume(self, n: int) -> list[str]:
        """The queues in the order in which the next message is looked for."""
        return sorted(super().consume(n), key=lambda name: _is_lane(name) is self._last_was_lane)

    def rotate(self, last_used: str) -> str:
        """Note where the last message came from."""
        self._last_was_lane = _is_lane(last_used)
        return super().rotate(last_used)


def _is_lane(queue_name: str) -> bool:
    return queue_name.endswith(LANE_SUFFIX)


class Consumer(CeleryConsumer):
    """Declares the engine's queues and no others: its waits are in the database, never in the broker."""

    class Blueprint(CeleryConsumer.Blueprint):
        """Without the step that declares 28 queues for messages with an ETA wherever it sees a quorum queue."""

        default_steps = [  # noqa: RUF012 - Celery's own attribute
            step for step in CeleryConsumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]
