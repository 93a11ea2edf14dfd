"""Synchronisation as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from malha.procurement.rules.partitions import Kind


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


class LagRead(BaseModel):
    """From `dataAtualizacaoGlobal` of a kind's records to our first sight of them, over a day.

    PNCP dates price records by the day, so that their lag is no finer than that.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: str
    day: date
    records: int
    p50_seconds: float
    p95_seconds: float


class AwayRead(BaseModel):
    """Minutes of a day in which a host of PNCP was away by our own probe, and in which we were offline ourselves."""

    model_config = ConfigDict(from_attributes=True)

    host: str
    day: date
    probes: int
    away_minutes: float
    offline_minutes: float
    watched_minutes: float


class OpenPartitionRead(BaseModel):
    """The oldest day that is over and not proved complete; its age counts from the end of the day."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    day: date
    modality: int
    state: str
    reason: str | None
    age_seconds: float = 0


class FreshnessRead(BaseModel):
    """How fresh what is here is, and how much of the delay is PNCP's own."""

    lags: list[LagRead]
    away: list[AwayRead]
    open_partitions: int
    oldest_open: OpenPartitionRead | None


class SyncStatusRead(SyncRunRead):
    """A run, and how the synchronisation stands today. `lag_seconds`: since when nobody has looked at PNCP."""

    lag_seconds: float | None = None
    freshness: FreshnessRead | None = None


class CalendarDayRead(BaseModel):
    """A kind and day: `complete` only if each of its partitions is."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    day: date
    state: str
    complete: int
    partial: int
    unknown: int
    wants: int
    has: int


class Refill(BaseModel):
    """Which days to read again where they are not proved complete."""

    model_config = ConfigDict(extra="forbid")

    first: date
    last: date
    kinds: list[Kind] | None = Field(default=None, description="Of these kinds alone; all by default.")

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.last < self.first:
            late = PydanticCustomError("value_error", "last must not be earlier than first.")
            detail = InitErrorDetails(type=late, loc=("last",), input=None)
            raise ValidationError.from_exception_data("Refill", [detail])
        return self
