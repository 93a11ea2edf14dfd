"""What can be scheduled, by name. A slice registers its actions with their input and how a run begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from malha.db import ReadSession, Session
from malha.identity.policy import Principal
from malha.schedules.errors import ScheduleActionUnknownError
from malha.settings import Settings

Start = Callable[[Session, Settings, Principal, UUID, Any], Awaitable[None]]
"""Submits the job of a run, whose id is given, in the session: with the rights that the schedule's owner has by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAction:
    """`check` raises what is wrong with an input that only the database can tell, when it is written."""

    name: str
    title: str
    scope: str
    input: type[BaseModel]
    start: Start
    check: Callable[[ReadSession, Principal, Any], Awaitable[object]] | None = None


_actions: dict[str, ScheduledAction] = {}


def register_action(action: ScheduledAction) -> ScheduledAction:
    """Make an action known under its name."""
    if action.name in _actions:
        raise ValueError(f"action {action.name!r} is registered twice")
    _actions[action.name] = action
    return action


def get_action(name: str) -> ScheduledAction:
    """The action of a name; ScheduleActionUnknownError for one that nobody registered."""
    try:
        return _actions[name]
    except KeyError as error:
        raise ScheduleActionUnknownError(name=name, known=", ".join(sorted(_actions))) from error


def all_actions() -> list[ScheduledAction]:
    """Every action, by name."""
    return [_actions[name] for name in sorted(_actions)]
