"""The table of what a declaration says of a part number: written by people, where evidence does not say it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base

EMPTY_OBJECT = text("'{}'")
EMPTY_LIST = text("'[]'")


class Product(Base):
    """What a person wrote. Whatever is null is taken from the evidence of the answer that holds."""

    __tablename__ = "partnumber_products"
    __table_args__ = (Index("ix_partnumber_products_workspace_id", "workspace_id"),)

    partnumber_id: Mapped[UUID] = mapped_column(ForeignKey("partnumbers.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    species: Mapped[str | None] = mapped_column(Text)
    brand: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    commercial_name: Mapped[str | None] = mapped_column(Text)
    scientific_name: Mapped[str | None] = mapped_column(Text)
    characteristics: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY_OBJECT)
    description: Mapped[str | None] = mapped_column(Text)
    """The whole text, where a person did not want the composed one."""
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY_OBJECT)
    """By code: a text, a list of texts, or an object of texts for a composite one."""
    internal_codes: Mapped[list[str]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    updated_by: Mapped[UUID | None]
    updated_at: Mapped[datetime]
