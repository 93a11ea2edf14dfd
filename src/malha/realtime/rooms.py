"""The rooms that a socket may join: what each shows, and to whom. Slices add kinds of their own by prefix."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from malha.identity.rules.principal import Principal
from malha.realtime.events import EventLog
from malha.realtime.feed_event import FeedEvent

Emission = tuple[str, Any]
"""The name of a socket event and its payload."""

Render = Callable[[FeedEvent], Iterator[Emission]]

MAX_NAME_LENGTH = 200


def as_event(event: FeedEvent) -> Iterator[Emission]:
    """The usual form: one socket event named `event` for each entry of the log."""
    yield "event", event.body()


@dataclass(frozen=True, slots=True)
class JobRoom:
    """One job's log, replayed from any point. `last_seq` is where it ends now.

    A room that `closes_at_end` is left by itself when the job's end was sent; it may be joined again.
    """

    job_id: UUID
    last_seq: int
    render: Render = as_event
    closes_at_end: bool = False


@dataclass(frozen=True, slots=True)
class ActivityRoom:
    """An overview of a workspace's jobs: live only."""

    workspace_id: UUID
    wants: Callable[[FeedEvent], bool]


Room = JobRoom | ActivityRoom
RoomPolicy = Callable[[Principal, str], Awaitable[Room | None]]
"""Takes what follows the prefix; None when there is no such room or the principal must not know of it."""


class Rooms:
    """The kinds of rooms by prefix. The empty prefix stands for names without a colon."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._policies: dict[str, RoomPolicy] = {
            "job": self._job_room,
            "workspace": _workspace_room,
            "user": _user_room,
        }

    def add(self, prefix: str, policy: RoomPolicy) -> None:
        """Serve another kind of room."""
        if prefix in self._policies:
            raise ValueError(f"rooms {prefix!r} are served already")
        self._policies[prefix] = policy

    async def find(self, principal: Principal, name: str) -> Room | None:
        """The room of that name, if the principal may join it."""
        prefix, _, rest = name.rpartition(":")
        policy = self._policies.get(prefix)
        if policy is None or len(name) > MAX_NAME_LENGTH:
            return None
        return await policy(principal, rest)

    async def _job_room(self, principal: Principal, name: str) -> Room | None:
        job_id = parse_id(name)
        head = job_id and await self._log.visible(principal, job_id)
        return JobRoom(job_id, head.seq) if job_id and head else None


async def _workspace_room(principal: Principal, name: str) -> Room | None:
    if parse_id(name) != principal.workspace_id or not principal.can("jobs:read"):
        return None
    return ActivityRoom(principal.workspace_id, lambda _event: True)


async def _user_room(principal: Principal, name: str) -> Room | None:
    user_id = parse_id(name)
    if user_id != principal.user_id or not principal.can("jobs:read"):
        return None
    return ActivityRoom(principal.workspace_id, lambda event: event.owner_id == user_id)


def parse_id(text: str) -> UUID | None:
    """The UUID in its usual spelling; None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
