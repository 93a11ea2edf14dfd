"""What a person says of answers: one by one, many at once, or a whole series."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request

from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import preferred_language, problem_responses
from malha.identity.policy import AuditTrailDep
from malha.partnumbers import service
from malha.partnumbers.errors import (
    ClassificationChangedError,
    ClassificationIncompleteError,
    ClassificationNotFoundError,
    NcmNotInForceError,
    SeriesChangedError,
)
from malha.partnumbers.routes._contract import Reader, Writer, router
from malha.partnumbers.schemas.classifications import ClassificationRead
from malha.partnumbers.schemas.decisions import (
    Action,
    BulkDecided,
    BulkDecisions,
    Correction,
    CorrectionRequest,
    Decision,
    DecisionRequest,
    SeriesDecided,
    SeriesDecision,
    WaitingPartNumber,
    WaitingSeriesRead,
)

REFUSED = problem_responses(
    ClassificationNotFoundError, ClassificationChangedError, ClassificationIncompleteError, NcmNotInForceError
)
Series = Annotated[str, Path(max_length=120)]


@router.get("/review")
async def list_review_queue(
    principal: Reader, session: ReadSessionDep, window: Annotated[Window, window_of(50, most=200)]
) -> Page[WaitingSeriesRead]:
    """Series with part numbers that wait for a person: what one answer would settle most comes first."""
    return await service.read_review_queue(session, principal, window)


@router.get("/review/partnumbers")
async def list_waiting_partnumbers(
    principal: Reader,
    session: ReadSessionDep,
    window: Annotated[Window, window_of(50, most=200)],
    *,
    series: Annotated[str | None, Query(max_length=120)] = None,
) -> Page[WaitingPartNumber]:
    """Part numbers that wait, by code, each with its best answer."""
    return await service.read_waiting(session, principal, series, window)


@router.post("/series/{series}/confirm", responses=problem_responses(SeriesChangedError, NcmNotInForceError))
async def confirm_series(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, series: Series, body: SeriesDecision
) -> SeriesDecided:
    """Give all part numbers of a series that wait the same code."""
    return await service.decide_series(session, principal, trail, series, body)


@router.post("/decisions")
async def decide_in_bulk(
    request: Request, *, principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, body: BulkDecisions
) -> BulkDecided:
    """Confirm, correct and reject many answers; each stands or is refused by itself."""
    language = preferred_language(request)
    return await service.decide_all(session, principal, trail, body.decisions, language=language)


@router.post("/classifications/{classification_id}/confirm", responses=REFUSED)
async def confirm_classification(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, classification_id: UUID, body: DecisionRequest
) -> ClassificationRead:
    """Say that an answer is right: from now on it holds, whatever the AI server answers later."""
    decision = Decision(classification_id=classification_id, action=Action.CONFIRM, **dict(body))
    return await service.decide(session, principal, trail, decision)


@router.post("/classifications/{classification_id}/reject", responses=REFUSED)
async def reject_classification(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, classification_id: UUID, body: DecisionRequest
) -> ClassificationRead:
    """Say that an answer is wrong; it stays in the history."""
    decision = Decision(classification_id=classification_id, action=Action.REJECT, **dict(body))
    return await service.decide(session, principal, trail, decision)


@router.post("/classifications/{classification_id}/correct", responses=REFUSED)
async def correct_classification(
    principal: Writer, session: WriteSessionDep, trail: AuditTrailDep, classification_id: UUID, body: CorrectionRequest
) -> ClassificationRead:
    """Give the right answer instead of another one, which stays in the history."""
    correction = Correction.model_validate(body.model_dump(include=set(Correction.model_fields), exclude_unset=True))
    decision = Decision(
        classification_id=classification_id,
        action=Action.CORRECT,
        version=body.version,
        note=body.note,
        correction=correction,
    )
    return await service.decide(session, principal, trail, decision)
