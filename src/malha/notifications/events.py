"""The room `notifications:WORKSPACE`: what live endpoints are told. Whoever was away reads it from the API."""

from __future__ import annotations

from malha.db import Database
from malha.identity.policy import Principal
from malha.realtime import ActivityRoom, Realtime
from malha.realtime.feed_event import FeedEvent
from malha.realtime.rooms import Room, parse_id

EVENT = "notifications.message"


def serve(realtime: Realtime, _database: Database) -> None:
    """Serve the room."""
    realtime.rooms.add("notifications", find_room)


async def find_room(principal: Principal, name: str) -> Room | None:
    """The room of the caller's current workspace."""
    if parse_id(name) != principal.workspace_id or not principal.can("notifications:read"):
        return None
    return ActivityRoom(principal.workspace_id, _is_message)


def _is_message(event: FeedEvent) -> bool:
    return event.type == EVENT
