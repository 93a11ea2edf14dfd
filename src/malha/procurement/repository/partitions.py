"""Partitions looked up: what is proved, what is open, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from malha.db import ReadSession
from malha.procurement.models import Partition

FIRST_PAUSE_SECONDS = 900
MOST_DOUBLINGS = 7


async def list_days(session: ReadSession, first: date, last: date) -> Sequence[Partition]:
    """The partitions of these days, in their order."""
    query = select(Partition).where(Partition.day.between(first, last))
    return (await session.scalars(query.order_by(Partition.day, Partition.kind, Partition.modality))).all()


async def list_due(session: ReadSession, last: date, limit: int) -> Sequence[Partition]:
    """Open partitions of days that are over, which have rested long enough: twice as long after each try."""
    rest = FIRST_PAUSE_SECONDS * func.power(2, func.least(Partition.tries, MOST_DOUBLINGS))
    query = select(Partition).where(
        Partition.state != "complete",
        Partition.day <= last,
        Partition.kind != "open_proposals",
        Partition.checked_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, rest),
    )
    return (await session.scalars(query.order_by(Partition.day.desc()).limit(limit))).all()


async def list_holes(session: ReadSession, kind: str, modalities: Sequence[int], since: date) -> list[tuple[date, int]]:
    """Days on which some modality was asked for and others were not: those that were heard of later."""
    known = select(Partition.day, Partition.modality).where(Partition.kind == kind, Partition.day >= since)
    found: dict[date, set[int]] = {}
    for day, modality in await session.execute(known):
        found.setdefault(day, set()).add(modality)
    return [(day, modality) for day in sorted(found) for modality in modalities if modality not in found[day]]
