"""Tables of the parts and their makers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey


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


class PartNumber(Base):
    """A part number of the workspace: upper case, without spaces around it."""

    __tablename__ = "partnumbers"
    __table_args__ = (UniqueConstraint("workspace_id", "code"),)

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
