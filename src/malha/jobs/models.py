"""Tables of the job engine: jobs, their parts, their event log, recurring tasks, and idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey
from malha.jobs.states import JobState, PartState

NO_WORKSPACE = UUID(int=0)

OPEN_PARTS = text("state IN ('queued', 'running')")
DEAD_PARTS = text("state = 'dead'")
HELD_PARTS = text("state = 'held'")
WAITING_PARTS = text("state = 'queued' AND attempts = 0 AND sends = 0")
FINISHED = text("finished_at IS NOT NULL")
LIMITED_AND_OPEN = text("max_running IS NOT NULL AND finished_at IS NULL")
UNSENT = text("sent_at IS NULL")
ALL_PARTS_ENDED = text("finished_at IS NULL AND done + failed >= total")


class Job(Base):
    """A slow thing that somebody asked for. Counters speak of its parts.

    `in_flight` counts those that are queued or running, in a job with a `max_running` and there only: never above it.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_jobs_kind_state_created_at", "kind", "state", "created_at"),
        Index("ix_jobs_unfinished", "updated_at", postgresql_where=ALL_PARTS_ENDED),
        Index("ix_jobs_finished_at_id", "finished_at", "id", postgresql_where=FINISHED),
        Index("ix_jobs_limited", "id", postgresql_where=LIMITED_AND_OPEN),
    )

    id: Mapped[PrimaryKey]
    kind: Mapped[str] = mapped_column(Text)
    workspace_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(Text, server_default=JobState.QUEUED)
    input: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    total: Mapped[int] = mapped_column(Integer, server_default="0")
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, server_default="0")
    stage: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    max_running: Mapped[int | None] = mapped_column(Integer)
    in_flight: Mapped[int] = mapped_column(Integer, server_default="0")
    idempotency_key: Mapped[str | None] = mapped_column(Text)
    event_seq: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def sendable(self) -> int:
        """How many of its parts, from the first on, want to be sent after its submission."""
        return min(self.total, self.max_running or self.total)


class JobPart(Base):
    """The unit of delivery, retry and death. A queued part is its own outbox row.

    `workspace_id` is its job's, and the nil UUID for nobody's: whose turn it is.
    """

    __tablename__ = "job_parts"
    __table_args__ = (
        # One index for both: each further one is written at every claim and every end of a part.
        Index("ix_job_parts_open", "state", "kind", text("priority DESC"), "run_after", postgresql_where=OPEN_PARTS),
        Index("ix_job_parts_dead", "job_id", "no", postgresql_where=DEAD_PARTS),
        Index("ix_job_parts_held", "job_id", "no", postgresql_where=HELD_PARTS),
        Index("ix_job_parts_waiting", "kind", "workspace_id", "run_after", postgresql_where=WAITING_PARTS),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    workspace_id: Mapped[UUID] = mapped_column(server_default=text(f"'{NO_WORKSPACE}'"))
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    state: Mapped[str] = mapped_column(Text, server_default=PartState.QUEUED)
    input: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    fence: Mapped[int] = mapped_column(Integer, server_default="0")
    run_after: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    sends: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class JobEvent(Base):
    """One line of a job's append-only log; `seq` counts from 1 without gaps within a job."""

    __tablename__ = "job_events"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class RecurringTask(Base):
    """When a recurring kind runs next, and its last run."""

    __tablename__ = "recurring_tasks"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    job_id: Mapped[UUID]
    next_at: Mapped[datetime]


class IdempotencyKey(Base):
    """What a caller's key stood for: in flight until `locked_until`, then the stored answer until `expires_at`."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("scope", "route", "key"),
        Index("ix_idempotency_keys_expires_at", "expires_at"),
    )

    id: Mapped[PrimaryKey]
    scope: Mapped[UUID]
    route: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[UUID | None]
    locked_until: Mapped[datetime]
    expires_at: Mapped[datetime]


class OutboxMessage(Base):
    """A message to somebody else, written with what it tells of; `sent_at` once the broker has confirmed it."""

    __tablename__ = "outbox_messages"
    __table_args__ = (Index("ix_outbox_messages_unsent", "id", postgresql_where=UNSENT),)

    id: Mapped[PrimaryKey]
    queue: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
