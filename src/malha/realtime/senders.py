"""What runs for each room that a socket has joined: it sends the room's events, never faster than they are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from malha.realtime.activity import Activities
from malha.realtime.follower import Followers
from malha.realtime.rooms import ActivityRoom, JobRoom, Room

IDLE_SECONDS = 300.0
DATABASE_RETRY_SECONDS = 1.0

Emit = Callable[[str, Any], Awaitable[None]]
"""Sends an event's name and payload to one client, after waiting until the client has taken the earlier ones."""

_log = structlog.get_logger(__name__)


class RoomSender:
    """Sends one room to one client until cancelled."""

    def __init__(self, name: str, followers: Followers, activities: Activities, emit: Emit) -> None:
        self._name = name
        self._followers = followers
        self._activities = activities
        self._emit = emit

    async def run(self, room: Room, *, after: int) -> None:
        """Send a job's events behind `after`, or an overview from now on."""
        if isinstance(room, JobRoom):
            await self._send_log(room, after)
        else:
            await self._send_activity(room)

    async def _send_log(self, room: JobRoom, after: int) -> None:
        while True:
            with self._followers.follow(room.job_id, after=after) as follower:
                try:
                    while not follower.is_gone:
                        for event in await follower.next(timeout_seconds=IDLE_SECONDS):
                            for name, payload in room.render(event):
                                await self._emit(name, payload)
                            after = event.seq
                        if room.closes_at_end and follower.ended_in is not None:
                            return
                    return
                except SQLAlchemyError as error:
                    _log.warning("realtime.room_interrupted", room=self._name, error=str(error))
            await asyncio.sleep(DATABASE_RETRY_SECONDS)

    async def _send_activity(self, room: ActivityRoom) -> None:
        with self._activities.watch(room.workspace_id, room.wants) as watch:
            while True:
                activity = await watch.next()
                if activity.is_incomplete:
                    await self._emit("resync", {"room": self._name})
                if activity.events:
                    events = [event.body() for event in activity.events]
                    await self._emit("activity", {"room": self._name, "events": events})
