"""Messages to others: written in the transaction that they tell of, sent once the broker takes them.

A message whose broker is away waits in the database. It is sent at least once: between the broker's confirmation and
our note of it a process can be killed, so a message carries an id by which its reader knows a repetition.
"""

# pyright: basic
# (kombu ships no types.)

from __future__ import annotations

import threading
from typing import Annotated, Any, LiteralString
from uuid import UUID

import psycopg
import structlog
from fastapi import Depends
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from prometheus_client import Counter
from starlette.requests import HTTPConnection

from malha.db import Session
from malha.jobs.models import OutboxMessage
from malha.kit.ids import new_id
from malha.kit.urls import celery_broker_url, libpq_url
from malha.settings import Settings

LOOK_EVERY_SECONDS = 1.0
CONNECT_SECONDS = 5

_TAKE: LiteralString = """
SELECT id, queue, body FROM outbox_messages WHERE sent_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_SENT: LiteralString = "UPDATE outbox_messages SET sent_at = now(), attempts = attempts + 1, error = NULL WHERE id = %s"
_FAILED: LiteralString = "UPDATE outbox_messages SET attempts = attempts + 1, error = %s WHERE id = %s"

PUBLISHED = Counter("malha_outbox_messages_total", "Tries to send messages to others.", ("queue", "outcome"))

_log = structlog.get_logger(__name__)


def enqueue(session: Session, queue: str, body: dict[str, Any]) -> UUID:
    """Have a JSON body sent to a durable queue once the session's transaction stands."""
    message = OutboxMessage(id=new_id(), queue=queue, body=body)
    session.add(message)
    return message.id


class MessageReturnedError(OperationalError):
    """The broker has no queue for the message."""


class BrokerPublisher:
    """Publishes persistent messages to durable queues through the default exchange, mandatory and confirmed."""

    def __init__(self, url: str) -> None:
        self._is_amqp = url.startswith("amqp")
        self._connection = Connection(
            celery_broker_url(url),
            connect_timeout=CONNECT_SECONDS,
            transport_options={"confirm_publish": True, "max_retries": 1, "socket_connect_timeout": CONNECT_SECONDS},
        )

    def publish(self, queue: str, body: Any, *, message_id: str, headers: dict[str, Any] | None = None) -> None:
        """Returns when the broker has the message; OperationalError when it did not take it."""
        returned: list[str] = []
        try:
            # A channel of its own, so that a return that comes late cannot be taken for another message's.
            with self._connection.channel() as channel:
                Queue(queue, durable=True)(channel).declare()  # type: ignore[arg-type] - kombu ships no types
                producer = self._connection.Producer(channel, auto_declare=False)
                if self._is_amqp:  # kombu's Redis has no returns: what was declared above is there
                    channel.events["basic_return"].add(lambda error, *_rest: returned.append(str(error)))  # type: ignore[index] - the same
                producer.publish(
                    body,
                    exchange="",
                    routing_key=queue,
                    serializer=None if isinstance(body, bytes) else "json",
                    delivery_mode="persistent",
                    mandatory=True,
                    message_id=message_id,
                    headers=headers,
                )
        except (*self._connection.connection_errors, *self._connection.channel_errors, OSError) as error:
            self._connection.collect()
            raise OperationalError(str(error) or type(error).__name__) from error
        if returned:
            raise MessageReturnedError(returned[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.release()


class OutboxSender:
    """Sends what waits in the outbox, from a thread of its own; any number of processes may have one."""

    def __init__(self, settings: Settings) -> None:
        self._database_url = libpq_url(settings.database.url)
        self._broker_url = settings.broker.message_broker_url
        self._wake = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    async def wake(self) -> None:
        """Look now: something was committed."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the message that is being sent."""
        self._is_closed = True
        self._wake.set()
        self._thread.join(timeout=2 * CONNECT_SECONDS)

    def _run(self) -> None:
        publisher = BrokerPublisher(self._broker_url)
        while not self._is_closed:
            try:
                self._send(publisher)
            except Exception as error:  # whatever it was, what waits must go out once it is over
                _log.warning("outbox.interrupted", error=str(error))
                self._wake.wait(LOOK_EVERY_SECONDS)
        publisher.close()

    def _send(self, publisher: BrokerPublisher) -> None:
        with psycopg.connect(
            self._database_url, connect_timeout=CONNECT_SECONDS, application_name="malha outbox", autocommit=True
        ) as connection:
            while not self._is_closed:
                while not self._is_closed and send_next(connection, publisher):
                    pass
                self._wake.wait(LOOK_EVERY_SECONDS)
                self._wake.clear()


async def get_outbox(connection: HTTPConnection) -> OutboxSender:
    """The application's sender."""
    return connection.app.state.outbox


OutboxDep = Annotated[OutboxSender, Depends(get_outbox)]


def send_next(connection: psycopg.Connection[Any], publisher: BrokerPublisher) -> bool:
    """Send the oldest message that nobody else is sending, and note it; False when there is none or it did not go."""
    with connection.transaction():
        row = connection.execute(_TAKE).fetchone()
        if row is None:
            return False
        message_id, queue, body = row
        try:
            publisher.publish(queue, body, message_id=str(message_id))
        except OperationalError as error:
            connection.execute(_FAILED, [str(error), message_id])
            PUBLISHED.labels(queue, "failed").inc()
            _log.warning("outbox.not_sent", queue=queue, message_id=str(message_id), error=str(error))
            return False
        connection.execute(_SENT, [message_id])
        PUBLISHED.labels(queue, "sent").inc()
        _log.info("outbox.sent", queue=queue, message_id=str(message_id))
        return True
