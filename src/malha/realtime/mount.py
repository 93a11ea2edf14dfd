"""Puts realtime together for one API process and mounts it on the application."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Self

import structlog
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from malha.db import Database
from malha.http.connections import running_server
from malha.realtime.activity import Activities
from malha.realtime.events import EventLog
from malha.realtime.follower import Followers
from malha.realtime.rooms import Rooms
from malha.realtime.sockets import Authenticate, SocketServer
from malha.realtime.subscriber import Poller, Subscriber
from malha.realtime.tails import Tails
from malha.settings import Settings

CANCEL_AGAIN_SECONDS = 0.5
SHUTDOWN_LOOK_SECONDS = 0.25

_log = structlog.get_logger(__name__)


class Realtime:
    """What one API process needs to tell its clients what happens; enter it in the application's lifespan.

    `rooms.add` serves a slice's own rooms, `sockets.on` its own messages.
    """

    def __init__(self, settings: Settings, database: Database, authenticate: Authenticate) -> None:
        self.log = EventLog(database)
        self.tails = Tails()
        self.activities = Activities()
        self.followers = Followers(self.log, self.tails)
        self.rooms = Rooms(self.log)
        self.subscriber = Subscriber(settings.broker.redis_url, self.tails, self.activities)
        self.sockets = SocketServer(
            rooms=self.rooms,
            followers=self.followers,
            activities=self.activities,
            authenticate=authenticate,
            origins=[*settings.security.cors_origins, settings.public_url],
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        poller = Poller(self.log, self.tails, self.subscriber)
        self._stack.push_async_callback(self.sockets.close)
        for job in (self.subscriber.run(), poller.run(), self.sockets.watch_over(), self._close_with_server()):
            task = asyncio.create_task(job, name=job.__qualname__)
            task.add_done_callback(_report_failure)
            self._stack.push_async_callback(cancel, task)
        self._stack.callback(self.tails.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _close_with_server(self) -> None:
        """End the streams when uvicorn is told to stop: it waits for open responses before the lifespan ends."""
        server = running_server()
        if server is None:
            return
        while not server.should_exit:  # noqa: ASYNC110 - a plain flag of uvicorn's
            await asyncio.sleep(SHUTDOWN_LOOK_SECONDS)
        self.tails.close()


async def cancel(task: asyncio.Task[None]) -> None:
    """Until it is done: a client that connects just then may take a cancellation for an error of its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("realtime.task_failed", task=task.get_name(), exc_info=error)


def mount_realtime(app: FastAPI) -> None:
    """Serve `/socket.io`. The lifespan puts an entered `Realtime` on `app.state.realtime`."""
    app.mount("/socket.io", _serve_sockets, name="socket.io")


async def _serve_sockets(scope: Scope, receive: Receive, send: Send) -> None:
    realtime: Realtime = scope["app"].state.realtime
    await realtime.sockets.app(scope, receive, send)
