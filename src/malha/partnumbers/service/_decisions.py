"""A person's word on answers, written into the audit log with what was before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from malha.db import Session
from malha.errors import MalhaError
from malha.fiscal.tables import ncm as nomenclature
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.kit.clock import brazilian_day, utc_now
from malha.kit.ids import new_id
from malha.partnumbers.errors import (
    ClassificationChangedError,
    ClassificationIncompleteError,
    ClassificationNotFoundError,
    NcmNotInForceError,
    SeriesChangedError,
)
from malha.partnumbers.models import Classification, PartNumber
from malha.partnumbers.repository import decisions, known
from malha.partnumbers.schemas.classifications import ClassificationRead
from malha.partnumbers.schemas.decisions import (
    Action,
    BulkDecided,
    Correction,
    Decision,
    RefusedDecision,
    SeriesDecided,
    SeriesDecision,
)
from malha.partnumbers.service._precedents import keep_decision
from malha.partnumbers.service._presentation import show_classification

CERTAIN = Decimal(1)
_KEPT = ("nve", "fabricante", "endereco", "pais")


async def decide(session: Session, principal: Principal, trail: AuditTrail, decision: Decision) -> ClassificationRead:
    """Take one decision; returns the answer that it was about, or the one that now holds.

    Raises ClassificationNotFoundError, ClassificationChangedError, ClassificationIncompleteError, NcmNotInForceError.
    """
    desk = _Desk(session, principal)
    await desk.open([decision.classification_id])
    found = await desk.decide(decision)
    await trail.record(session, *desk.acts)
    return found


async def decide_all(
    session: Session, principal: Principal, trail: AuditTrail, wanted: Sequence[Decision], *, language: str
) -> BulkDecided:
    """Take each decision that can be taken, and name the others."""
    desk = _Desk(session, principal)
    await desk.open([decision.classification_id for decision in wanted])
    told = BulkDecided(decided=[], refused=[])
    for decision in wanted:
        try:
            told.decided.append(await desk.decide(decision))
        except MalhaError as error:
            told.refused.append(
                RefusedDecision(
                    classification_id=decision.classification_id, code=error.code, detail=error.message(language)
                )
            )
    await trail.record(session, *desk.acts)
    return told


async def decide_series(
    session: Session, principal: Principal, trail: AuditTrail, series: str, wanted: SeriesDecision
) -> SeriesDecided:
    """Give all part numbers of a series that wait the same code.

    Raises SeriesChangedError, NcmNotInForceError.
    """
    desk = _Desk(session, principal)
    told = await desk.settle(series, wanted)
    await trail.record(session, *desk.acts)
    return told


class _Desk:
    """Decisions of one request, with what the audit log gets of them."""

    def __init__(self, session: Session, principal: Principal) -> None:
        self.acts: list[Act] = []
        self._session = session
        self._principal = principal
        self._found: dict[UUID, tuple[PartNumber, list[Classification]]] = {}

    async def open(self, ids: Sequence[UUID]) -> None:
        """Hold the part numbers of these answers until the transaction ends."""
        self._found = await decisions.lock_parts_of(self._session, self._principal, set(ids))

    async def decide(self, decision: Decision) -> ClassificationRead:
        """Take one of the decisions."""
        if decision.classification_id not in self._found:
            raise ClassificationNotFoundError
        part, answers = self._found[decision.classification_id]
        answer = next(answer for answer in answers if answer.id == decision.classification_id)
        if answer.version != decision.version or (answer.status != "active" and decision.action is not Action.CORRECT):
            raise ClassificationChangedError(status=answer.status)
        match decision.action:
            case Action.CONFIRM:
                self._confirm(part, answers, answer, decision.note)
                await keep_decision(self._session, part, answer, decision.note)
            case Action.REJECT:
                self._reject(part, answer, decision.note)
            case Action.CORRECT:
                assert decision.correction is not None  # noqa: S101 - the schema says so
                answer = await self._correct(part, answers, answer, decision.correction, decision.note)
        await self._session.flush()
        return show_classification(answer, part.code)

    async def settle(self, series: str, wanted: SeriesDecision) -> SeriesDecided:
        """Confirm the answers that are right already, correct the others."""
        found = await decisions.lock_series(self._session, self._principal, series)
        if len(found) != wanted.waiting:
            raise SeriesChangedError(series=series, waiting=len(found))
        _check_in_force(wanted.ncm)
        confirmed = 0
        for part, answers in found:
            same = (answer for answer in answers if (answer.ncm, answer.exception) == (wanted.ncm, wanted.exception))
            right = next(same, None) if _only_code(wanted) else None
            if right is not None:
                self._confirm(part, answers, right, wanted.note)
                confirmed += 1
            else:
                await self._correct(part, answers, answers[0] if answers else None, wanted, wanted.note)
        await self._session.flush()
        return SeriesDecided(series=series, confirmed=confirmed, corrected=len(found) - confirmed)

    def _confirm(
        self, part: PartNumber, answers: Sequence[Classification], answer: Classification, note: str | None
    ) -> None:
        if answer.ncm is None or len(answer.ncm) != 8:
            raise ClassificationIncompleteError(ncm=answer.ncm or "")
        _check_in_force(answer.ncm)
        before = _state(answer)
        self._replace(answers, keep=answer)
        answer.confirmed_at = utc_now()
        self._sign(answer, note)
        self._touch(part, answer)
        self._record(part, answer, Action.CONFIRM, before)

    def _reject(self, part: PartNumber, answer: Classification, note: str | None) -> None:
        before = _state(answer)
        answer.status = "rejected"
        self._sign(answer, note)
        if answer.confirmed_at is not None:
            part.confirmed_at = None
        part.version += 1
        self._record(part, answer, Action.REJECT, before)

    async def _correct(
        self,
        part: PartNumber,
        answers: Sequence[Classification],
        answer: Classification | None,
        correction: Correction,
        note: str | None,
    ) -> Classification:
        _check_in_force(correction.ncm)
        right = await self._write(part, answer, correction)
        right.confirmed_at = utc_now()
        self._sign(right, note)
        self._replace(answers, keep=right)
        self._touch(part, right)
        self._record(part, right, Action.CORRECT, answer and _state(answer))
        await keep_decision(self._session, part, right, note)
        return right

    async def _write(self, part: PartNumber, answer: Classification | None, correction: Correction) -> Classification:
        said = {name: value for name in _KEPT if (value := getattr(correction, name)) is not None}
        said = {**(answer.answer if answer else {}), **said}
        description = correction.description or (answer and answer.description)
        said |= {
            "partnumber": part.code,
            "ncm": correction.ncm,
            "exception": correction.exception,
            "description": description,
            "confidence_score": 1.0,
        }
        right = Classification(
            id=new_id(),
            workspace_id=part.workspace_id,
            partnumber_id=part.id,
            manufacturer_id=await self._maker(part, said),
            created_by=self._principal.user_id,
            origin="person",
            status="active",
            ncm=correction.ncm,
            exception=correction.exception,
            description=description,
            confidence=CERTAIN,
            answer=said,
            created_at=utc_now(),
            version=1,
        )
        self._session.add(right)
        return right

    async def _maker(self, part: PartNumber, said: dict[str, object]) -> UUID | None:
        name, address, country = (str(said[key]) if said.get(key) else None for key in _KEPT[1:])
        if name is None:
            return None
        key = (name, address, country)
        return (await known.ensure_manufacturers(self._session, part.workspace_id, {key}))[key]

    def _replace(self, answers: Sequence[Classification], *, keep: Classification) -> None:
        for other in answers:
            if other is not keep and other.status == "active":
                other.status = "replaced"
                other.decided_at = utc_now()
                other.version += 1

    def _sign(self, answer: Classification, note: str | None) -> None:
        answer.decided_at, answer.decided_by = utc_now(), self._principal.user_id
        answer.note = note if note is not None else answer.note
        answer.version += 1

    def _touch(self, part: PartNumber, answer: Classification) -> None:
        part.confirmed_at = answer.confirmed_at
        part.version += 1

    def _record(
        self, part: PartNumber, answer: Classification, action: Action, before: dict[str, object] | None
    ) -> None:
        self.acts.append(
            Act(
                entity_type="classification",
                entity_id=answer.id,
                action=action.value.upper(),
                previous_state=before,
                new_state=_state(answer) | {"note": answer.note},
                metadata={"partnumber": part.code},
            )
        )


def _state(answer: Classification) -> dict[str, object]:
    return {
        "status": answer.status,
        "ncm": answer.ncm,
        "exception": answer.exception,
        "is_confirmed": answer.confirmed_at is not None,
    }


def _only_code(wanted: Correction) -> bool:
    """Whether nothing but the code is said, so that an answer with the same one is right as it stands."""
    return not (wanted.model_fields_set - {"ncm", "exception", "waiting", "note"})


def _check_in_force(ncm: str) -> None:
    if not nomenclature.is_known(ncm, brazilian_day(utc_now())):
        raise NcmNotInForceError(ncm=ncm)
