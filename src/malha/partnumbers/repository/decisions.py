"""Answers under a person's hand, and those that wait for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by, distinct_on

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.partnumbers.models import Classification, PartNumber, WaitingSeries

MOST_SHOWN = 5
"""Part numbers of a series that are named in the queue."""

_MOST_FIRST = Order(WaitingSeries.waiting, WaitingSeries.series, is_descending=True)
_BY_CODE = Order(PartNumber.code)


class Proposal(NamedTuple):
    """A code that is the best answer of so many part numbers of a series; None for those that have none."""

    series: str
    ncm: str | None
    parts: int
    codes: list[str]
    question: dict[str, Any] | None


async def lock_parts_of(
    session: Session, principal: Principal, classification_ids: Collection[UUID]
) -> dict[UUID, tuple[PartNumber, list[Classification]]]:
    """By the id of each answer that exists: its part number, held, with all that holds of it and what was named.

    Part numbers are taken in the order of their ids, as those who write answers do.
    """
    named = visible_to(principal, Classification).where(Classification.id.in_(classification_ids))
    of_parts = named.with_only_columns(Classification.partnumber_id)
    parts = await _lock(session, visible_to(principal, PartNumber).where(PartNumber.id.in_(of_parts)))
    answers = await list_answers_of(session, [part.id for part in parts], also=classification_ids)
    return {
        answer.id: (part, answers[part.id])
        for part in parts
        for answer in answers[part.id]
        if answer.id in classification_ids
    }


async def lock_series(
    session: Session, principal: Principal, series: str
) -> list[tuple[PartNumber, list[Classification]]]:
    """The part numbers of a series that wait, held, with the answers that hold."""
    waiting = visible_to(principal, PartNumber).where(PartNumber.series == series, PartNumber.confirmed_at.is_(None))
    parts = await _lock(session, waiting)
    answers = await list_answers_of(session, [part.id for part in parts])
    return [(part, answers[part.id]) for part in parts]


async def count_series(session: ReadSession, principal: Principal, series: str) -> int:
    """How many part numbers of a series wait."""
    waiting = visible_to(principal, PartNumber).where(PartNumber.series == series, PartNumber.confirmed_at.is_(None))
    return (await session.execute(waiting.with_only_columns(func.count()))).scalar_one()


async def _lock(session: Session, query: Select[PartNumber]) -> Sequence[PartNumber]:
    held = query.order_by(PartNumber.id).with_for_update()
    return (await session.scalars(held.execution_options(populate_existing=True))).all()


async def list_answers_of(
    session: ReadSession, partnumber_ids: Collection[UUID], *, also: Collection[UUID] = ()
) -> dict[UUID, list[Classification]]:
    """The answers that hold, by part number, the confirmed one first; and the named ones, whatever became of them."""
    query = (
        select(Classification)
        .where(
            Classification.partnumber_id.in_(partnumber_ids),
            (Classification.status == "active") | Classification.id.in_(also),
        )
        .order_by(
            Classification.confirmed_at.is_(None),
            Classification.ncm.is_(None),
            Classification.confidence.desc().nulls_last(),
            Classification.id.desc(),
        )
    )
    found: dict[UUID, list[Classification]] = defaultdict(list)
    for answer in await session.scalars(query.execution_options(populate_existing=True)):
        found[answer.partnumber_id].append(answer)
    return found


async def list_waiting_series(session: ReadSession, principal: Principal, window: Window) -> Page[WaitingSeries]:
    """Series with part numbers that wait, those first of which most do."""
    return await fetch_page(session, visible_to(principal, WaitingSeries), _MOST_FIRST, window)


async def list_waiting(
    session: ReadSession, principal: Principal, series: str | None, window: Window
) -> Page[PartNumber]:
    """Part numbers that wait, by code."""
    query = visible_to(principal, PartNumber).where(PartNumber.confirmed_at.is_(None))
    if series is not None:
        query = query.where(PartNumber.series == series)
    return await fetch_page(session, query, _BY_CODE, window)


async def list_proposals(session: ReadSession, principal: Principal, series: Collection[str]) -> list[Proposal]:
    """What is proposed for the part numbers of these series that wait, the most frequent first.

    First the best answer of each part number, then those with the same code gathered.
    """
    best = (
        visible_to(principal, PartNumber)
        .where(PartNumber.series.in_(series), PartNumber.confirmed_at.is_(None))
        .outerjoin(
            Classification,
            (Classification.partnumber_id == PartNumber.id) & (Classification.status == "active"),
        )
        .with_only_columns(
            PartNumber.series,
            PartNumber.code,
            Classification.ncm,
            Classification.answer[("candidates", "0", "question")].label("question"),
        )
        .ext(distinct_on(PartNumber.id))
        .order_by(
            PartNumber.id,
            Classification.ncm.is_(None),
            Classification.confidence.desc().nulls_last(),
            Classification.id.desc(),
        )
        .subquery()
    )
    codes = func.array_agg(aggregate_order_by(best.c.code, best.c.code), type_=ARRAY(Text))
    question = func.jsonb_agg(best.c.question, type_=JSONB).filter(func.jsonb_typeof(best.c.question) == "object")
    query = (
        select(best.c.series, best.c.ncm, func.count().label("count"), codes[1:MOST_SHOWN], question[0])
        .group_by(best.c.series, best.c.ncm)
        .order_by(best.c.series, func.count().desc(), best.c.ncm)
    )
    return [Proposal(*row) for row in await session.execute(query)]
