"""Precedents: kept as text with act and day, searched, and cited beside candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.fiscal.tables import ncm as nomenclature
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import brazilian_day, utc_now
from malha.kit.ids import new_id
from malha.partnumbers.errors import NcmNotInForceError, PrecedentChangedError
from malha.partnumbers.models import Classification, PartNumber, Precedent
from malha.partnumbers.repository import precedents
from malha.partnumbers.schemas.precedents import (
    CandidateRead,
    Citation,
    Kind,
    PrecedentRead,
    PrecedentUpdate,
    PrecedentWrite,
)

EXCERPT = 300
OWN_ACT = "Decisão própria"
_FIELDS = ("kind", "ncm", "exception", "act", "day", "text")


async def read_precedents(
    session: ReadSession,
    principal: Principal,
    window: Window,
    *,
    words: str | None,
    ncm: str | None,
    kind: Kind | None,
) -> Page[PrecedentRead]:
    """Precedents that have the words and speak of the code, newest first."""
    page = await precedents.list_precedents(
        session, principal, window, words=words, ncm=ncm and ncm.replace(".", ""), kind=kind and kind.value
    )
    return page.map(show_precedent)


async def read_precedent(session: ReadSession, principal: Principal, precedent_id: UUID) -> PrecedentRead:
    """One of them; PrecedentNotFoundError."""
    return show_precedent(await precedents.get_precedent(session, principal, precedent_id))


async def add_precedent(
    session: Session, principal: Principal, trail: AuditTrail, wanted: PrecedentWrite
) -> PrecedentRead:
    """Keep a precedent; NcmNotInForceError for a code that never was one."""
    _check(wanted.ncm)
    made = Precedent(
        id=new_id(),
        workspace_id=principal.workspace_id,
        created_by=principal.user_id,
        created_at=utc_now(),
        version=1,
        **wanted.model_dump(),
    )
    made.kind = wanted.kind.value
    await precedents.add_precedent(session, made)
    await trail.record(session, _act(made, "CREATE", None))
    return show_precedent(made)


async def change_precedent(
    session: Session, principal: Principal, trail: AuditTrail, precedent_id: UUID, wanted: PrecedentUpdate
) -> PrecedentRead:
    """Write one anew; raises PrecedentNotFoundError, PrecedentChangedError, NcmNotInForceError."""
    found = await precedents.hold_precedent(session, principal, precedent_id)
    if found.version != wanted.version:
        raise PrecedentChangedError(version=found.version)
    before = _state(found)
    for name in wanted.model_fields_set - {"version"}:
        value = getattr(wanted, name)
        if value is not None or name in {"exception", "day"}:
            setattr(found, name, value)
    _check(found.ncm)
    found.version += 1
    await session.flush()
    await trail.record(session, _act(found, "UPDATE", before))
    return show_precedent(found)


async def drop_precedent(session: Session, principal: Principal, trail: AuditTrail, precedent_id: UUID) -> None:
    """Delete one; what it said stays in the audit log. PrecedentNotFoundError."""
    found = await precedents.hold_precedent(session, principal, precedent_id)
    await trail.record(session, _act(found, "DELETE", _state(found)))
    await precedents.delete_precedent(session, found)


async def keep_decision(session: Session, part: PartNumber, answer: Classification, note: str | None) -> None:
    """A decision that says why becomes a precedent of one's own."""
    if not note or answer.ncm is None or answer.confirmed_at is None:
        return
    text = "\n".join(filter(None, [part.code, answer.description, note]))
    known = await precedents.find_of_decision(session, answer.id)
    if known is not None:
        known.text, known.version = text, known.version + 1
        return
    made = Precedent(
        id=new_id(),
        workspace_id=part.workspace_id,
        kind=Kind.OWN.value,
        ncm=answer.ncm,
        exception=answer.exception,
        act=f"{OWN_ACT}: {part.code}",
        day=brazilian_day(answer.confirmed_at),
        text=text,
        classification_id=answer.id,
        created_by=answer.decided_by,
        created_at=utc_now(),
        version=1,
    )
    await session.flush()
    await precedents.add_precedent(session, made)


async def cite(session: ReadSession, principal: Principal, answer: Classification | None) -> list[CandidateRead]:
    """The candidates of an answer, each with the precedents that speak of it."""
    if answer is None:
        return []
    candidates = _candidates(answer)
    cited = await precedents.list_cited(session, principal, [code for code, _ in candidates])
    return [
        CandidateRead(
            code=code,
            ncm_path=nomenclature.describe(code),
            confidence=confidence,
            precedents=[_cite(found) for found in cited.get(code, ())],
        )
        for code, confidence in candidates
    ]


def _candidates(answer: Classification) -> Sequence[tuple[str, float | None]]:
    found: dict[str, float | None] = {}
    if answer.ncm is not None:
        found[answer.ncm] = None if answer.confidence is None else float(answer.confidence)
    told = answer.answer.get("candidates")
    for entry in told if isinstance(told, list) else ():
        match entry:
            case {"code": str(code), "confidence": int() | float() as confidence} if nomenclature.is_level(code):
                found.setdefault(code, float(confidence))
            case _:
                continue
    return list(found.items())


def _cite(found: Precedent) -> Citation:
    return Citation(
        id=found.id, kind=Kind(found.kind), ncm=found.ncm, act=found.act, day=found.day, excerpt=found.text[:EXCERPT]
    )


def show_precedent(found: Precedent) -> PrecedentRead:
    """A precedent as the API shows it."""
    return PrecedentRead(
        id=found.id,
        kind=Kind(found.kind),
        ncm=found.ncm,
        ncm_path=nomenclature.describe(found.ncm),
        exception=found.exception,
        act=found.act,
        day=found.day,
        text=found.text,
        classification_id=found.classification_id,
        created_by=found.created_by,
        created_at=found.created_at,
        version=found.version,
    )


def _check(ncm: str) -> None:
    exists = nomenclature.is_known(ncm) if len(ncm) == 8 else nomenclature.is_level(ncm)
    if not exists:
        raise NcmNotInForceError(ncm=ncm)


def _state(found: Precedent) -> dict[str, Any]:
    state = {name: getattr(found, name) for name in _FIELDS}
    return state | {"day": found.day.isoformat() if found.day else None}


def _act(found: Precedent, action: str, before: dict[str, Any] | None) -> Act:
    after = None if action == "DELETE" else _state(found)
    return Act(entity_type="precedent", entity_id=found.id, action=action, previous_state=before, new_state=after)
