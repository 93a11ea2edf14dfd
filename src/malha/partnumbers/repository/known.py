"""Part numbers and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.kit.ids import new_id
from malha.partnumbers.errors import PartNumberNotFoundError
from malha.partnumbers.models import Classification, ClassificationItem, Manufacturer, PartNumber
from malha.partnumbers.repository.series import keys_of, series_of

BY_CODE = Order(PartNumber.code)
_BEST_FIRST = (
    (Classification.status == "active").desc(),
    Classification.confirmed_at.is_(None),
    Classification.ncm.is_(None),
    Classification.confidence.desc().nulls_last(),
    Classification.id.desc(),
)

MakerKey = tuple[str, str | None, str | None]
"""Name, address, country."""


async def find_known(session: ReadSession, workspace_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """The best active classification of each part number that has one with an NCM."""
    query = (
        select(PartNumber.code, Classification.id)
        .join(Classification, Classification.partnumber_id == PartNumber.id)
        .where(
            PartNumber.workspace_id == workspace_id,
            PartNumber.code.in_(codes),
            Classification.status == "active",
            Classification.ncm.is_not(None),
        )
        .ext(distinct_on(PartNumber.code))
        .order_by(PartNumber.code, *_BEST_FIRST)
    )
    return {row.code: row.id for row in await session.execute(query)}


async def ensure_partnumbers(session: Session, workspace_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of part numbers, made where they are new. In the order of codes, so that two tasks do not deadlock."""
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "code": code,
            "series": series_of(code),
            "keys": keys_of(code),
        }
        for code in sorted(codes)
    ]
    if rows:
        await session.execute(insert(PartNumber).values(rows).on_conflict_do_nothing())
    query = select(PartNumber.code, PartNumber.id).where(
        PartNumber.workspace_id == workspace_id, PartNumber.code.in_(codes)
    )
    return {row.code: row.id for row in await session.execute(query)}


async def ensure_manufacturers(session: Session, workspace_id: UUID, makers: set[MakerKey]) -> dict[MakerKey, UUID]:
    """The same for makers. A name alone is the maker of that name whose data somebody has completed, if any."""
    if not makers:
        return {}
    found = await _find_manufacturers(session, workspace_id, makers)
    fresh = sorted(makers - found.keys(), key=lambda maker: tuple(part or "" for part in maker))
    if fresh:
        rows = [
            {"id": new_id(), "workspace_id": workspace_id, "name": name, "address": address, "country": country}
            for name, address, country in fresh
        ]
        await session.execute(insert(Manufacturer).values(rows).on_conflict_do_nothing())
        found |= await _find_manufacturers(session, workspace_id, makers)
    return found


async def _find_manufacturers(
    session: ReadSession, workspace_id: UUID, makers: Collection[MakerKey]
) -> dict[MakerKey, UUID]:
    query = select(Manufacturer).where(
        Manufacturer.workspace_id == workspace_id, Manufacturer.name.in_({maker[0] for maker in makers})
    )
    found: dict[MakerKey, UUID] = {}
    for maker in await session.scalars(query.order_by(Manufacturer.version.desc(), Manufacturer.id)):
        found.setdefault((maker.name, maker.address, maker.country), maker.id)
        if maker.version > 1:
            found.setdefault((maker.name, None, None), maker.id)
    return {key: found[key] for key in makers if key in found}


async def add_classifications(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write answers; they replace the former ones of their part numbers, but for what a person has confirmed."""
    if not rows:
        return
    replaced = [row["partnumber_id"] for row in rows]
    # Ids are taken in their order, so that two tasks about the same part numbers wait for each other and no more.
    held = select(PartNumber.id).where(PartNumber.id.in_(replaced)).order_by(PartNumber.id).with_for_update()
    await session.execute(held)
    await session.execute(
        update(Classification)
        .where(
            Classification.partnumber_id.in_(replaced),
            Classification.status == "active",
            Classification.confirmed_at.is_(None),
        )
        .values(status="replaced", decided_at=func.now(), version=Classification.version + 1)
    )
    await session.execute(insert(Classification), [dict(row) for row in rows])


async def list_partnumbers(session: ReadSession, principal: Principal, window: Window) -> Page[PartNumber]:
    """Part numbers of the workspace by code."""
    return await fetch_page(session, visible_to(principal, PartNumber), BY_CODE, window)


async def get_partnumber(session: ReadSession, principal: Principal, code: str) -> PartNumber:
    """One of them, or PartNumberNotFoundError."""
    query = visible_to(principal, PartNumber).where(PartNumber.code == code)
    partnumber = (await session.execute(query)).scalar_one_or_none()
    if partnumber is None:
        raise PartNumberNotFoundError
    return partnumber


async def list_history(session: ReadSession, partnumber_ids: Collection[UUID]) -> list[Classification]:
    """Every classification of part numbers that the caller may see: the best first, then the former ones."""
    query = select(Classification).where(Classification.partnumber_id.in_(partnumber_ids))
    return list(await session.scalars(query.order_by(Classification.partnumber_id, *_BEST_FIRST)))


async def list_by_ids(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, tuple[Classification, str]]:
    """Classifications with their part numbers' codes."""
    query = (
        select(Classification, PartNumber.code)
        .join(PartNumber, PartNumber.id == Classification.partnumber_id)
        .where(Classification.id.in_(ids))
    )
    return {classification.id: (classification, code) for classification, code in await session.execute(query)}


async def list_answers(
    session: ReadSession, principal: Principal, task_id: UUID | None, window: Window
) -> Page[tuple[Classification, str]]:
    """Classifications with their part numbers' codes: those of one task, or all active ones."""
    query = visible_to(principal, Classification).join(PartNumber, PartNumber.id == Classification.partnumber_id)
    if task_id is None:
        query = query.where(Classification.status == "active")
    else:
        answered = select(ClassificationItem.classification_id).where(ClassificationItem.task_id == task_id)
        query = query.where(Classification.id.in_(answered))
    return await fetch_page(session, query.add_columns(PartNumber.code), Order(Classification.id), window)
