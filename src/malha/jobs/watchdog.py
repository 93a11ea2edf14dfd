"""Restarts a worker that is alive but no longer consumes (celery #8091, #10302): it watches consumption, not life."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import structlog
from celery import bootsteps, signals
from celery.worker import state as worker_state
from kombu.exceptions import OperationalError

from malha.jobs.dispatcher import Publisher
from malha.settings import get_settings

_log = structlog.get_logger(__name__)


class ConsumptionWatchdog(bootsteps.StartStopStep):
    """Ends the worker when a queue has messages, no task is held here, and none has come for `watchdog_seconds`.

    The supervisor (or systemd, or Kubernetes) starts it again with a fresh broker connection.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._stopped = threading.Event()
        self._last_received = time.monotonic()
        self._limit_seconds = get_settings().engine.watchdog_seconds
        signals.task_received.connect(self._note, weak=False)

    def start(self, parent: Any) -> None:
        """Begin to watch, once the consumer is up."""
        self._stopped.clear()
        self._last_received = time.monotonic()
        names = [queue.name for queue in parent.app.amqp.queues.consume_from.values()]
        threading.Thread(target=self._watch, args=(Publisher(parent.app), names), daemon=True).start()

    def stop(self, parent: Any) -> None:
        """Stop watching, for a restart of the consumer or the end of the worker."""
        self._stopped.set()

    def _note(self, **_: Any) -> None:
        self._last_received = time.monotonic()

    def _watch(self, publisher: Publisher, names: list[str]) -> None:
        while not self._stopped.wait(self._limit_seconds / 4):
            silence = time.monotonic() - self._last_received
            if silence < self._limit_seconds or worker_state.reserved_requests:
                continue
            try:
                waiting = sum(publisher.depth(name) for name in names)
            except (OperationalError, OSError):
                continue  # the broker itself is away; Celery reconnects by its own means
            if waiting:
                _log.error("watchdog.not_consuming", waiting=waiting, silence_seconds=round(silence))
                os.kill(os.getpid(), signal.SIGTERM)
        publisher.close()
