"""Endpoints that want to be told, messages, and what became of each delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

EVERY_TOPIC = text("'[]'")


class NotificationEndpoint(Base):
    """Where a workspace wants to be told. An empty list of topics means all of them.

    `secret` and `former_secret` are encrypted with keys derived from SECRET_KEY; `note` says why it is disabled.
    """

    __tablename__ = "notification_endpoints"
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "address"),)

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    topics: Mapped[list[str]] = mapped_column(JSONB, server_default=EVERY_TOPIC)
    state: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_secret_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class NotificationMessage(Base):
    """Something that happened, told once for each `key` of a workspace; `letters` has it in words, by language."""

    __tablename__ = "notification_messages"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_notification_messages_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_notification_messages_created_at", "created_at"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    topic: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    letters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]


class NotificationDelivery(Base):
    """A message on its way to an endpoint. Its id is that of the job that delivers it."""

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        Index("ix_notification_deliveries_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_notification_deliveries_endpoint_id_created_at_id", "endpoint_id", "created_at", "id"),
        Index("ix_notification_deliveries_message_id", "message_id"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("notification_endpoints.id", ondelete="CASCADE"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("notification_messages.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_status: Mapped[int | None] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(Text)
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class NotificationAttempt(Base):
    """One try of a delivery: what was answered, or why nothing was."""

    __tablename__ = "notification_attempts"
    __table_args__ = (Index("ix_notification_attempts_delivery_id_at", "delivery_id", "at"),)

    id: Mapped[PrimaryKey]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("notification_deliveries.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    milliseconds: Mapped[int] = mapped_column(Integer)
    status: Mapped[int | None] = mapped_column(Integer)
    excerpt: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
