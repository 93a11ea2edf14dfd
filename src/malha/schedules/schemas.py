"""Schedules and their runs as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from malha.kit.refusals import ValueRefusedError
from malha.schedules.rules.cron import CronInvalidError, check_cron, is_time_zone


def _check_cron(expression: str) -> str:
    try:
        return check_cron(expression)
    except CronInvalidError as error:
        raise ValueRefusedError(
            pt="Uma expressão cron tem cinco campos, como 0 8 * * 1-5.",
            en="A cron expression has five fields, such as 0 8 * * 1-5.",
        ) from error


def _check_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueRefusedError(
            pt="Use um fuso horário da IANA, como America/Sao_Paulo.",
            en="Use a time zone of IANA, such as America/Sao_Paulo.",
        )
    return name


NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
Cron = Annotated[str, StringConstraints(max_length=200), AfterValidator(_check_cron)]
Zone = Annotated[str, StringConstraints(max_length=60), AfterValidator(_check_zone)]


class ScheduleState(StrEnum):
    """`failing`: paused by the platform after failures."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"


class CatchUp(StrEnum):
    """What becomes of moments that passed while nothing ran: one run for all of them, or one for each."""

    ONCE = "once"
    ALL = "all"


class RunState(StrEnum):
    """How a run is doing; `skipped` if the one before it had not ended."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class ScheduleCreate(BaseModel):
    """What is to be done, and when. `GET /schedules/actions` has what `input` holds."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    action: Annotated[str, StringConstraints(max_length=100)]
    input: dict[str, Any] = {}
    cron: Cron = Field(examples=["0 8 * * 1-5"])
    time_zone: Zone = "America/Sao_Paulo"
    catch_up: CatchUp = CatchUp.ONCE
    paused: bool = False


class ScheduleUpdate(BaseModel):
    """What is to change. Switched on again, it begins with the next moment."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    input: dict[str, Any] | None = None
    cron: Cron | None = None
    time_zone: Zone | None = None
    catch_up: CatchUp | None = None
    paused: bool | None = None


class ScheduleRead(BaseModel):
    """A schedule with its next moments."""

    id: UUID
    name: str
    action: str
    input: dict[str, Any]
    cron: str
    time_zone: str
    catch_up: CatchUp
    state: ScheduleState
    note: str | None = Field(description="Why the platform has paused it.")
    failures: int = Field(description="Failed runs in a row.")
    next_run_at: datetime | None
    next_runs: list[datetime] = Field(description="The next five moments; none while it is paused.")
    created_at: datetime
    updated_at: datetime


class RunRead(BaseModel):
    """A run; the job that does the work has the same id."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    planned_at: datetime | None = Field(description="Null for a run that somebody asked for.")
    state: RunState
    missed: int = Field(description="Earlier moments that this run stands for as well.")
    error: str | None
    created_at: datetime
    ended_at: datetime | None


class ActionRead(BaseModel):
    """Something that can be scheduled, with the JSON schema of its input."""

    name: str
    title: str
    scope: str
    input: dict[str, Any]


class PreviewRead(BaseModel):
    """The next moments of an expression."""

    next_runs: list[datetime]
