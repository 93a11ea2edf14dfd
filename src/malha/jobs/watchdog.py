"""Restarts a worker that is alive but no longer consumes (celery #8091, #10302): it watches consumption, not life."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from celery import bootsteps, signals
from celery.worker import state as worker_state
from kombu.exceptions import OperationalError

from malha.jobs.dispatcher import Publisher
from malha.settings import get_settings

LOOKS_PER_LIMIT = 4

_log = structlog.get_logger(__name__)


class Depths(Protocol):
    """What is asked how many messages wait."""

    def depth(self, queue_name: str) -> int:
        """Messages in a queue; OperationalError when the broker does not answer."""
        ...


class Consumption:
    """Judges whether a worker has stopped consuming.

    It has when nothing has come for `limit_seconds`, it holds no task that could be what keeps it, and messages wait.
    """

    def __init__(
        self,
        queues: Depths,
        names: list[str],
        *,
        limit_seconds: float,
        holds_tasks: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queues = queues
        self._names = names
        self._limit_seconds = limit_seconds
        self._holds_tasks = holds_tasks
        self._clock = clock
        self._last_received = clock()

    def note_received(self) -> None:
        """A message has come."""
        self._last_received = self._clock()

    def is_stuck(self) -> bool:
        """Look once. A broker that does not answer is no reason: Celery reconnects by its own means."""
        if self._holds_tasks():
            self.note_received()  # the next message may take its time once the worker is free
            return False
        if self._clock() - self._last_received < self._limit_seconds:
            return False
        try:
            waiting = sum(self._queues.depth(name) for name in self._names)
        except OperationalError:
            return False
        if waiting:
            silence = round(self._clock() - self._last_received)
            _log.error("watchdog.not_consuming", waiting=waiting, silence_seconds=silence)
        return waiting > 0


class ConsumptionWatchdog(bootsteps.StartStopStep):
    """Ends a worker that has stopped consuming.

    The supervisor (or systemd, or Kubernetes) starts it again with a fresh broker connection.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._limit_seconds = get_settings().engine.watchdog_seconds
        self._stopped = threading.Event()
        self._consumption: Consumption | None = None
        signals.task_received.connect(self._note, weak=False)

    def start(self, parent: Any) -> None:
        """Begin to watch, once the consumer is up."""
        publisher = Publisher(parent.app)
        self._consumption = Consumption(
            publisher,
            [queue.name for queue in parent.app.amqp.queues.consume_from.values()],
            limit_seconds=self._limit_seconds,
            holds_tasks=lambda: bool(worker_state.reserved_requests),
        )
        self._stopped = threading.Event()
        watched = (self._consumption, publisher, self._stopped)
        threading.Thread(target=self._watch, args=watched, name="watchdog", daemon=True).start()

    def stop(self, parent: Any) -> None:
        """Stop watching, for a restart of the consumer or the end of the worker."""
        self._stopped.set()

    def _note(self, **_: Any) -> None:
        if self._consumption is not None:
            self._consumption.note_received()

    def _watch(self, consumption: Consumption, publisher: Publisher, stopped: threading.Event) -> None:
        while not stopped.wait(self._limit_seconds / LOOKS_PER_LIMIT):
            if consumption.is_stuck():
                os.kill(os.getpid(), signal.SIGTERM)
        publisher.close()
