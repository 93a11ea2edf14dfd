"""Tables of the parts and their makers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

IS_WAITING = text("confirmed_at IS NULL")


class Manufacturer(Base):
    """A maker as answers name it."""

    __tablename__ = "manufacturers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name", "country", "address", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    operator_code: Mapped[str | None] = mapped_column(Text)
    """Of the foreign operator in Portal Único, with which it is bound to a product."""
    tin: Mapped[str | None] = mapped_column(Text)
    """Its tax number at home."""
    city: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))


class PartNumber(Base):
    """A part number of the workspace: upper case, without spaces around it."""

    __tablename__ = "partnumbers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "code"),
        Index("ix_partnumbers_waiting", "workspace_id", "series", "code", postgresql_where=IS_WAITING),
        Index("ix_partnumbers_keys", "keys", postgresql_using="gin"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    series: Mapped[str] = mapped_column(Text)
    """What it shares with the parts that one answer settles together with it: see `repository.series`."""
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Under what the classifier remembers it, the exact one first."""
    created_at: Mapped[CreatedAt]
    confirmed_at: Mapped[datetime | None]
    """When a person gave the answer that holds."""
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))


class WaitingSeries(Base):
    """A series of which part numbers wait for a person; read only."""

    __table__ = (
        select(PartNumber.workspace_id, PartNumber.series, func.count().label("waiting"))
        .where(PartNumber.confirmed_at.is_(None))
        .group_by(PartNumber.workspace_id, PartNumber.series)
        .subquery("waiting_series")
    )
    __mapper_args__ = {"primary_key": [__table__.c.workspace_id, __table__.c.series]}  # noqa: RUF012 - SQLAlchemy reads it

    workspace_id: Mapped[UUID]
    series: Mapped[str]
    waiting: Mapped[int]
