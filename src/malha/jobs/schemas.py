"""Jobs, parts and events as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from malha.jobs.control import Action
from malha.jobs.states import JobState, PartState
from malha.kit.refusals import ValueRefusedError

BULK_LIMIT = 1_000


class JobRead(BaseModel):
    """A job and its counters."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: JobState
    total: int
    done: int
    failed: int
    stage: str | None
    message: str | None
    priority: int
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    event_seq: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class PartRead(BaseModel):
    """A part: how often it was tried and why it failed last."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    no: int
    kind: str
    state: PartState
    input: dict[str, Any]
    attempts: int
    run_after: datetime
    lease_until: datetime | None
    finished_at: datetime | None
    error: dict[str, Any] | None


class BulkRequest(BaseModel):
    """An action on many jobs: those named, or all that match the filter (never both, and never neither).

    A filter without `states` means the jobs whose state allows the action.
    """

    action: Action
    ids: Annotated[list[UUID], Field(max_length=BULK_LIMIT)] | None = None
    kinds: list[str] | None = None
    states: list[JobState] | None = None

    @model_validator(mode="after")
    def _names_or_filters(self) -> Self:
        if (self.ids is None) == (not self.kinds and not self.states):
            raise ValueRefusedError(
                pt="Informe os jobs em `ids`, ou escolha-os por `kinds` e `states`.",
                en="Name jobs by `ids`, or choose them by `kinds` and `states`.",
            )
        return self


class BulkResult(BaseModel):
    """Which jobs moved and which their state did not allow to."""

    moved: list[UUID]
    refused: list[UUID]


class PartName(BaseModel):
    """One part of one job."""

    job_id: UUID
    no: Annotated[int, Field(ge=0)]


class RequeueRequest(BaseModel):
    """Dead parts to run again: those named, or (null) every dead part that the caller can see, up to the limit."""

    parts: Annotated[list[PartName], Field(max_length=BULK_LIMIT)] | None = None
    kinds: list[str] | None = None


class RequeueResult(BaseModel):
    """How many parts run again."""

    requeued: int


class QueueDepth(BaseModel):
    """What waits and runs of one kind."""

    kind: str
    queued: int
    running: int
    dead: int
