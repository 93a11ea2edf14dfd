"""What is known of PNCP itself: the modalities that it uses, and the minutes in which it was away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base


class Modality(Base):
    """A modality that a record has named: it is asked for from then on, whether or not anybody had heard of it."""

    __tablename__ = "procurement_modalities"

    code: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Probe(Base):
    """One look at one of PNCP's hosts. `outcome`: ok, away, limited (it answers 429), or offline (we are)."""

    __tablename__ = "procurement_probes"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(Integer)
    milliseconds: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
