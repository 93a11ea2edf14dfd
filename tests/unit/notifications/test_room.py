"""The room of live notifications: whose it is, and what it lets through."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.factories.identity import make_principal

from malha.kit.ids import new_id
from malha.notifications.events import EVENT, find_room
from malha.realtime import ActivityRoom
from malha.realtime.feed_event import FeedEvent


def find(principal: Any, name: str) -> Any:
    return asyncio.run(find_room(principal, name))


def event(type_: str) -> FeedEvent:
    return FeedEvent(new_id(), 1, type_, "2026-03-02T12:00:00+00:00", {})


def test_messages_come_through_and_the_jobs_that_carry_them_do_not() -> None:
    principal = make_principal()
    room = find(principal, str(principal.workspace_id))
    assert isinstance(room, ActivityRoom)
    assert room.workspace_id == principal.workspace_id
    assert room.wants(event(EVENT))
    assert not any(room.wants(event(name)) for name in ("job.started", "job.succeeded", "job.progress"))


def test_only_the_callers_workspace_has_a_room_and_only_with_the_scope() -> None:
    principal = make_principal()
    assert find(principal, str(new_id())) is None
    assert find(principal, "x") is None
    narrow = make_principal(scopes=["jobs:read"])
    assert find(narrow, str(narrow.workspace_id)) is None
    assert find(make_principal(scopes=["notifications:read"]), str(new_id())) is None
