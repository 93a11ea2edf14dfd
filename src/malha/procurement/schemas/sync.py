"""Synchronisation as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class SyncAccepted(BaseModel):
    """The request is written, and sent as soon as the broker takes it."""

    success: bool = True
    message: str = Field(examples=["Sync request published: update"])
    request_id: UUID


class SyncRunRead(BaseModel):
    """A run. `state`: queued, running, success, partial (something was given up) or failed."""

    model_config = ConfigDict(from_attributes=True)

    request_id: UUID
    mode: str
    window_start: datetime | None
    window_end: datetime | None
    state: str
    job_id: UUID | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    counters: dict[str, Any] = Field(examples=[{"pages": 29, "procurements": 410, "items": 2105, "errors": 0}])
    error: str | None


class PartitionRead(BaseModel):
    """A day of one kind and modality. `complete` is proved; `partial` says why not; `unknown` cannot be counted."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    day: date
    modality: int = Field(description="0 for kinds without modalities.")
    state: str
    wants: int | None
    has: int | None
    reason: str | None
    opened_at: datetime
    checked_at: datetime
