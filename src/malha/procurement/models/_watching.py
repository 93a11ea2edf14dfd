"""Searches that somebody has saved, what has changed since they looked, and what they have found."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, SmallInteger, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

UNTOLD = text("message_id IS NULL")


class SavedSearch(Base):
    """A filter with a name that tells of what it finds from `since` on.

    `filter` is a `RecordQuery`; `revision` counts its changes. Without `endpoint_ids` all of the workspace are told.
    """

    __tablename__ = "procurement_saved_searches"
    __table_args__ = (
        Index("ix_procurement_saved_searches_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_procurement_saved_searches_next_digest_at", "next_digest_at"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    filter: Mapped[dict[str, Any]] = mapped_column(JSONB)
    look_in: Mapped[str] = mapped_column(Text)
    tell_of: Mapped[str] = mapped_column(Text)
    frequency: Mapped[str] = mapped_column(Text)
    hour: Mapped[int] = mapped_column(SmallInteger)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    time_zone: Mapped[str] = mapped_column(Text)
    endpoint_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    is_active: Mapped[bool] = mapped_column(Boolean)
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    since: Mapped[datetime]
    next_digest_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class SearchMatch(Base):
    """A version of a procurement that a search has found, once; `message_id` names the message that tells of it."""

    __tablename__ = "procurement_search_matches"
    __table_args__ = (
        Index("ix_procurement_search_matches_untold", "search_id", postgresql_where=UNTOLD),
        Index(
            "ix_procurement_search_matches_search_id_matched_at",
            "search_id", "matched_at", "control_number", "digest",
        ),
    )  # fmt: skip

    search_id: Mapped[UUID] = mapped_column(
        ForeignKey("procurement_saved_searches.id", ondelete="CASCADE", name="fk_procurement_search_matches_search"),
        primary_key=True,
    )
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    workspace_id: Mapped[UUID]
    version_at: Mapped[datetime]
    is_new: Mapped[bool] = mapped_column(Boolean)
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    matched_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_id: Mapped[UUID | None]


class ProcurementChange(Base):
    """A procurement that is another since searches were last compared with it: written by a trigger, with the change.

    With a `search_id` only that search is to look at it.
    """

    __tablename__ = "procurement_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    control_number: Mapped[str] = mapped_column(Text)
    search_id: Mapped[UUID | None]
