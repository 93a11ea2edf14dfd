"""Precedents of a workspace."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, or_, select, text

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.partnumbers.errors import PrecedentNotFoundError
from malha.partnumbers.models import ACCENTED, PLAIN, Classification, Precedent

MOST_CITED = 5
"""Of one candidate, the newest ones."""

SAME_GOODS = 6
"""Digits that a ruling must share at least with a longer code to speak of it."""

_NEWEST = Order(Precedent.id, is_descending=True)


async def add_precedent(session: Session, precedent: Precedent) -> None:
    """Write one."""
    session.add(precedent)
    await session.flush()


async def list_precedents(
    session: ReadSession, principal: Principal, window: Window, *, words: str | None, ncm: str | None, kind: str | None
) -> Page[Precedent]:
    """Those that have the words (as a search engine takes them), speak of codes that begin so, and are of the kind."""
    query = visible_to(principal, Precedent)
    if words:
        folded = func.translate(words, ACCENTED, PLAIN)
        query = query.where(Precedent.search.op("@@")(func.websearch_to_tsquery(text("'portuguese'"), folded)))
    if ncm:
        query = query.where(Precedent.ncm.startswith(ncm, autoescape=True))
    if kind:
        query = query.where(Precedent.kind == kind)
    return await fetch_page(session, query, _NEWEST, window)


async def get_precedent(session: ReadSession, principal: Principal, precedent_id: UUID) -> Precedent:
    """One of them, or PrecedentNotFoundError."""
    query = visible_to(principal, Precedent).where(Precedent.id == precedent_id)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise PrecedentNotFoundError
    return found


async def hold_precedent(session: Session, principal: Principal, precedent_id: UUID) -> Precedent:
    """The same, held until the transaction ends."""
    query = visible_to(principal, Precedent).where(Precedent.id == precedent_id).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise PrecedentNotFoundError
    return found


async def delete_precedent(session: Session, precedent: Precedent) -> None:
    """Delete one that is held."""
    await session.execute(delete(Precedent).where(Precedent.id == precedent.id))


async def find_of_decision(session: ReadSession, classification_id: UUID) -> Precedent | None:
    """The precedent that an own decision has become."""
    query = select(Precedent).where(Precedent.classification_id == classification_id)
    return (await session.execute(query)).scalar_one_or_none()


async def list_cited(session: ReadSession, principal: Principal, codes: Collection[str]) -> dict[str, list[Precedent]]:
    """By code: the precedents of the code, of what it begins, and of the subheading that it belongs to; newest first.

    An own decision counts as long as it holds.
    """
    if not codes:
        return {}
    speaks = [Precedent.ncm.startswith(code, autoescape=True) for code in codes]
    speaks += [
        Precedent.ncm == code[:size]
        for code in codes
        for size in range(SAME_GOODS, len(code))
        if len(code) > SAME_GOODS
    ]
    holds = select(Classification.id).where(Classification.status == "active")
    query = visible_to(principal, Precedent).where(
        or_(*speaks), or_(Precedent.classification_id.is_(None), Precedent.classification_id.in_(holds))
    )
    found = list(await session.scalars(_NEWEST.sort(query)))
    return {
        code: [entry for entry in found if entry.ncm.startswith(code) or _is_above(entry.ncm, code)][:MOST_CITED]
        for code in codes
    }


def _is_above(ncm: str, code: str) -> bool:
    return len(ncm) >= SAME_GOODS and code.startswith(ncm)
