"""Tables of the attributes that DUIMP asks for each NCM, as Portal Único publishes them: the same for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, PrimaryKey


class AttributeImport(Base):
    """One file that was imported; the last one is what holds."""

    __tablename__ = "ncm_attribute_imports"

    id: Mapped[PrimaryKey]
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    attributes: Mapped[int] = mapped_column(Integer)
    links: Mapped[int] = mapped_column(Integer)
    imported_at: Mapped[datetime]


class NcmAttribute(Base):
    """An attribute: how it is filled in, its choices, and those that depend on it."""

    __tablename__ = "ncm_attributes"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As the file has it."""


class NcmAttributeLink(Base):
    """That a code of the nomenclature (eight digits, or fewer for all below) asks an attribute, from when to when."""

    __tablename__ = "ncm_attribute_links"

    ncm: Mapped[str] = mapped_column(Text, primary_key=True)
    attribute: Mapped[str] = mapped_column(ForeignKey("ncm_attributes.code", ondelete="CASCADE"), primary_key=True)
    modality: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    is_required: Mapped[bool] = mapped_column(Boolean)
    is_multivalued: Mapped[bool] = mapped_column(Boolean)
