"""Values that cannot be taken at their word."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base


class ValueMark(Base):
    """A doubt about a value, never a correction: statistics leave it out, and say how many they left out.

    `item_number` is 0 where the procurement's own totals are meant; `numbers` holds what the rule compared.
    """

    __tablename__ = "procurement_value_marks"
    __table_args__ = (Index("ix_procurement_value_marks_rule", "rule", "control_number"),)

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    item_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())
