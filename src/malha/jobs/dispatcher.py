"""Messages to the broker: at once after a commit from a thread of its own, or in batches by the relay."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from uuid import UUID

import structlog
from celery import Celery
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from malha.jobs.ledger import PartRange
from malha.jobs.registry import Handler, get_handler

FINISH_TASK = "jobs.finish"

_log = structlog.get_logger(__name__)


def pack_ranges(parts: Iterable[tuple[UUID, int]], *, batch: int) -> list[list[PartRange]]:
    """Group parts into messages of at most `batch` parts, each a list of ranges of consecutive numbers of one job."""
    messages: list[list[PartRange]] = []
    room = 0
    for job_id, no in parts:
        identifier = str(job_id)
        if room == 0:
            messages.append([])
            room = batch
        message = messages[-1]
        if message and message[-1][0] == identifier and message[-1][2] == no - 1:
            message[-1] = (identifier, message[-1][1], no)
        else:
            message.append((identifier, no, no))
        room -= 1
    return messages


class Publisher:
    """Sends messages over one connection that it keeps; OperationalError when the broker does not answer."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection = app.connection_for_write(transport_options={"max_retries": 1})

    def send_parts(
        self, handler: Handler, ranges: Sequence[PartRange], *, is_first: bool = False, is_express: bool = False
    ) -> None:
        """One message that names these parts of one kind.

        `is_first`: none of them can have been claimed before; `is_express`: they pass by what waits in the queue.
        """
        queue = handler.queue.express if is_express else handler.queue
        self._send(handler.kind, [list(ranges), is_first], queue)

    def send_finish(self, job_id: UUID, kind: str) -> None:
        """Ask a worker to run the finish step of a job whose parts have all ended elsewhere."""
        self._send(FINISH_TASK, [str(job_id), kind], get_handler(kind).queue)

    def depth(self, queue_name: str) -> int:
        """Messages that wait in a broker queue; 0 for one that does not exist yet."""
        with self._reporting(), self._connection.channel() as channel:
            try:
                name = self._app.amqp.queues[queue_name].name
                return int(channel.queue_declare(name, passive=True).message_count)
            except self._connection.channel_errors:
                return 0

    def close(self) -> None:
        """Close the connection; the next message opens it again."""
        self._connection.release()

    def _send(self, name: str, arguments: list[object], queue_name: str) -> None:
        with self._reporting(), self._app.amqp.producer_pool.acquire(block=True) as producer:
            self._app.send_task(name, arguments, queue=queue_name, producer=producer, retry=False, ignore_result=True)

    @contextmanager
    def _reporting(self) -> Generator[None]:
        """A broker that is away, or that refuses (its disk is full), is an OperationalError whatever client it has."""
        try:
            yield
        except (*self._connection.connection_errors, *self._connection.channel_errors) as error:
            raise OperationalError(str(error)) from error


class Dispatcher:
    """The fast path: takes parts right after their commit and sends them from a background thread.

    Nothing here is durable. A part that does not get out stays queued in the database, where the relay finds it.
    """

    def __init__(self, app: Celery) -> None:
        self._publisher = Publisher(app)
        self._pending: queue.SimpleQueue[tuple[str, UUID, Sequence[int], bool] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
        self._thread.start()

    def dispatch(self, kind: str, job_id: UUID, total: int) -> None:
        """Send parts 0 to `total` - 1 of a job that was committed just now; returns at once."""
        self.dispatch_parts(kind, job_id, range(min(total, get_handler(kind).max_running or total)))

    def dispatch_parts(self, kind: str, job_id: UUID, numbers: Sequence[int], *, is_first: bool = True) -> None:
        """Send these parts of a job, committed just now; returns at once. `is_first`: none has ever been claimed."""
        self._pending.put((kind, job_id, numbers, is_first))

    def close(self) -> None:
        """Send what is pending and stop the thread."""
        self._pending.put(None)
        self._thread.join(timeout=5)
        self._publisher.close()

    def _run(self) -> None:
        while (entry := self._pending.get()) is not None:
            kind, job_id, numbers, is_first = entry
            handler = get_handler(kind)
            try:
                for ranges in pack_ranges(((job_id, no) for no in numbers), batch=handler.batch):
                    self._publisher.send_parts(handler, ranges, is_first=is_first)
            except OperationalError as error:
                _log.warning("dispatch.left_to_the_relay", kind=kind, parts=len(numbers), error=str(error))
