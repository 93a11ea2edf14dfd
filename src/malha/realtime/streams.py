"""Server-Sent Events: one job's log as a response that can be resumed and that ends with the job."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import orjson
import structlog
from fastapi import Depends, Header, Query, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import StreamingResponse

from malha.errors import MalhaError, NotFoundError
from malha.identity.rules.principal import Principal
from malha.jobs import JobNotFoundError
from malha.realtime.events import EventLog
from malha.realtime.feed_event import FeedEvent
from malha.realtime.follower import Followers, LogFollower

HEARTBEAT_SECONDS = 15.0
MAX_STREAM_SECONDS = 15 * 60.0
"""Then the client comes back, with `Last-Event-ID`, and its credential is looked at again."""

RETRY_MILLISECONDS = 2000
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}

_log = structlog.get_logger(__name__)


class LastEventIdInvalidError(MalhaError):
    """`Last-Event-ID` is not a sequence number."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "last-event-id-invalid"
    pt = "Last-Event-ID não é um número de sequência."
    en = "Last-Event-ID is not a sequence number."


class EventStreams:
    """Opens the stream of a job for the current request; use it as a route's dependency.

    The route must hold no database session while it streams: FastAPI closes a yielded dependency after the
    response unless it is declared with `scope="function"`.
    """

    def __init__(
        self,
        request: Request,
        header: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
        last_event_id: Annotated[str | None, Query(description="As the header, for clients that cannot set it")] = None,
    ) -> None:
        realtime = request.app.state.realtime
        self._log: EventLog = realtime.log
        self._followers: Followers = realtime.followers
        self._last_event_id = header or last_event_id

    async def open(
        self, principal: Principal, job_id: UUID, *, not_found: type[NotFoundError] = JobNotFoundError
    ) -> StreamingResponse:
        """The response; raises `not_found` for a job that is not the principal's to see."""
        after = parse_last_event_id(self._last_event_id)
        if await self._log.visible(principal, job_id) is None:
            raise not_found
        return StreamingResponse(self._frames(job_id, after), media_type="text/event-stream", headers=HEADERS)

    async def _frames(self, job_id: UUID, after: int) -> AsyncIterator[bytes]:
        yield b"retry: %d\n\n" % RETRY_MILLISECONDS
        with self._followers.follow(job_id, after=after) as follower:
            try:
                async for frame in frames(follower):
                    yield frame
            except SQLAlchemyError as error:
                _log.warning("realtime.stream_interrupted", job_id=str(job_id), error=str(error))


EventStreamsDep = Annotated[EventStreams, Depends()]


def parse_last_event_id(text: str | None) -> int:
    """The sequence number; 0 for none."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise LastEventIdInvalidError
    return int(text)


async def frames(follower: LogFollower) -> AsyncIterator[bytes]:
    """The stream's frames: events, comments while nothing happens, `end` when the job has ended."""
    closes_at = time.monotonic() + MAX_STREAM_SECONDS
    while time.monotonic() < closes_at:
        events = await follower.next(timeout_seconds=HEARTBEAT_SECONDS)
        if events:
            yield b"".join(event_frame(event) for event in events)
        if follower.ended_in is not None:
            yield b"event: end\ndata: %b\n\n" % orjson.dumps({"state": follower.ended_in, "last_seq": follower.cursor})
            return
        if follower.is_gone:
            return
        if not events:
            yield b": still here\n\n"


def event_frame(event: FeedEvent) -> bytes:
    """One event as it goes over the wire."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (event.seq, event.type.encode(), orjson.dumps(event.body()))
