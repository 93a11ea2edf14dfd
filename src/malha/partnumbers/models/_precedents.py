"""The table of precedents: rulings that people bring, and their own decisions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, Integer, Text
from sqlalchemy import text as literal
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

ACCENTED = "ÁÀÂÃÄÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑáàâãäéèêëíìîïóòôõöúùûüçñ"
PLAIN = "AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn"


def folded(expression: str) -> str:
    """The SQL expression of a text without its accents; no extension is needed for it."""
    return f"translate({expression}, '{ACCENTED}', '{PLAIN}')"


SEARCHED = folded("act || ' ' || text")


class Precedent(Base):
    """A text that speaks for a code, with the act that it stands in and its day."""

    __tablename__ = "classification_precedents"
    __table_args__ = (
        Index("ix_classification_precedents_search", "search", postgresql_using="gin"),
        Index("ix_classification_precedents_ncm", "workspace_id", "ncm"),
        Index("ix_classification_precedents_list", "workspace_id", "id"),
        Index("uq_classification_precedents_classification_id", "classification_id", unique=True),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    """`ruling` (of Receita Federal, a court, another administration) or `own`."""
    ncm: Mapped[str] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    day: Mapped[date | None]
    text: Mapped[str] = mapped_column(Text)
    classification_id: Mapped[UUID | None] = mapped_column(ForeignKey("classifications.id", ondelete="SET NULL"))
    """The own decision that it is."""
    created_by: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    version: Mapped[int] = mapped_column(Integer, server_default=literal("1"))
    search: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed(f"to_tsvector('portuguese'::regconfig, {SEARCHED})", persisted=True),
        deferred=True,
    )
