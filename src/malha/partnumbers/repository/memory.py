"""What persons of a workspace have confirmed, for the classifier's memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import ARRAY

from malha.db import ReadSession
from malha.partnumbers.models import Classification, Manufacturer, PartNumber
from malha.partnumbers.repository.series import keys_of

MOST_KNOWN = 2_000
"""Confirmations that one question gets."""


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A part number with the code that a person gave it."""

    code: str
    ncm: str
    maker: str | None
    series: str
    confirmed_at: datetime


async def memory_of(
    session: ReadSession, workspace_id: UUID, codes: Collection[str] | None = None, *, most: int = MOST_KNOWN
) -> list[KnownPart]:
    """What was confirmed last, or what shares a key of the classifier's memory with any of the part numbers.

    Of those, the ones that share more than their letters come first.
    """
    query = (
        select(PartNumber.code, Classification.ncm, Manufacturer.name, PartNumber.series, Classification.confirmed_at)
        .join(Classification, Classification.partnumber_id == PartNumber.id)
        .outerjoin(Manufacturer, Manufacturer.id == Classification.manufacturer_id)
        .where(
            PartNumber.workspace_id == workspace_id,
            PartNumber.confirmed_at.is_not(None),
            Classification.status == "active",
            Classification.confirmed_at.is_not(None),
            Classification.ncm.is_not(None),
        )
    )
    if codes is not None:
        if not codes:
            return []
        found = [keys_of(code) for code in codes]
        any_key, near_key = (
            cast(sorted({key for keys in found for key in chosen(keys)}), ARRAY(Text))
            for chosen in (lambda keys: keys, lambda keys: keys[:-1])
        )
        query = query.where(PartNumber.keys.overlap(any_key)).order_by(PartNumber.keys.overlap(near_key).desc())
    rows = await session.execute(query.order_by(Classification.confirmed_at.desc(), PartNumber.code).limit(most))
    return [KnownPart(*row) for row in rows]


async def list_confirming_workspaces(session: ReadSession) -> list[UUID]:
    """The workspaces where anything was confirmed, for a model of the whole installation."""
    query = select(PartNumber.workspace_id).where(PartNumber.confirmed_at.is_not(None)).distinct()
    return list(await session.scalars(query))
