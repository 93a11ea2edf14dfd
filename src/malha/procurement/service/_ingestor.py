"""The consumer of the queue: a message is acknowledged once its job is in the database, or it is among the dead."""

# pyright: basic
# (kombu ships no types.)

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.mixins import ConsumerMixin

from malha.jobs import BrokerPublisher
from malha.kit.ids import new_id
from malha.kit.urls import celery_broker_url
from malha.procurement.client.requests import MessageRefusedError, SyncRequest, read_message

DEAD_SUFFIX = ".dead"
PAUSE_SECONDS = 1.0

Take = Callable[[SyncRequest, UUID], UUID | None]
"""Writes the job of a request and returns its id; None when the request has one. Raises when it cannot be written."""

_log = structlog.get_logger(__name__)


class Ingestor(ConsumerMixin):
    """Takes one message at a time, from whoever sent it. `should_stop` ends it after the message in hand."""

    def __init__(self, url: str, queue: str, take: Take) -> None:
        self.connection = Connection(celery_broker_url(url), heartbeat=30)
        self._queue = queue
        self._take = take
        self._graves = BrokerPublisher(url)

    def get_consumers(self, Consumer: Any, channel: Any) -> list[Any]:
        """kombu asks for them at each new connection."""
        queue = Queue(self._queue, durable=True)
        return [Consumer([queue], on_message=self.handle, prefetch_count=1)]

    def handle(self, message: Any) -> None:
        """Take a message in; what cannot be read is kept among the dead, with the reason."""
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body or b"")
        try:
            request = read_message(body)
        except MessageRefusedError as error:
            self._bury(message, body, str(error))
            return
        request_id = request.request_id or _message_id(message) or new_id()
        try:
            job_id = self._take(request, request_id)
        except Exception as error:  # whatever it is, the message must come again
            _log.warning("ingestor.database_away", request_id=str(request_id), error=str(error))
            time.sleep(PAUSE_SECONDS)
            message.requeue()
            return
        message.ack()
        event = "ingestor.taken" if job_id else "ingestor.repeated"
        _log.info(event, request_id=str(request_id), mode=request.mode.value, job_id=str(job_id) if job_id else None)

    def close(self) -> None:
        """Close the connections, after `run` has returned."""
        self.connection.release()
        self._graves.close()

    def _bury(self, message: Any, body: bytes, reason: str) -> None:
        grave = f"{self._queue}{DEAD_SUFFIX}"
        self._graves.publish(grave, body, message_id=str(new_id()), headers={"x-reason": reason[:1000]})
        message.ack()
        _log.warning("ingestor.message_refused", queue=grave, reason=reason)


def _message_id(message: Any) -> UUID | None:
    """The id that its sender gave the message: a repeated delivery has the same."""
    try:
        return UUID(str(message.properties.get("message_id")))
    except ValueError:
        return None
