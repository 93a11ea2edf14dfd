"""Tasks, part numbers and codes as the API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from malha.db import ReadSession, Session
from malha.db.paging import Page, Window
from malha.fiscal.tables import ncm as nomenclature
from malha.fiscal.tables.duties import AS_OF, rates
from malha.identity.policy import Principal
from malha.jobs import Accepted, Action, Job, JobState, act_on_one
from malha.partnumbers.errors import NcmNotFoundError, TaskNotFoundError
from malha.partnumbers.models import Classification, ClassificationItem, ClassificationTask
from malha.partnumbers.repository import known, tasks
from malha.partnumbers.repository.tasks import TaskFilter
from malha.partnumbers.rules.statuses import STATUSES
from malha.partnumbers.schemas.classifications import ClassificationRead, PartNumberRead
from malha.partnumbers.schemas.ncm import NcmRead, TipiRule
from malha.partnumbers.schemas.tasks import BatchAccepted, TaskAccepted, TaskList, TaskRead
from malha.partnumbers.service._precedents import cite

ACCEPTED_MESSAGE = "Classificação recebida."


async def show_single(session: ReadSession, principal: Principal, accepted: Accepted) -> TaskAccepted:
    """The answer to a request for one part number."""
    task, _, classifications = await _accepted(session, principal, accepted)
    return TaskAccepted(
        message=ACCEPTED_MESSAGE, task_id=task.job_id, room_id=task.room_id, classifications=classifications
    )


async def show_batch(session: ReadSession, principal: Principal, accepted: Accepted) -> BatchAccepted:
    """The answer to a request for many."""
    task, codes, classifications = await _accepted(session, principal, accepted)
    _, job = await _get(session, principal, task.job_id)
    return BatchAccepted(
        document=job.input.get("document"),
        message=ACCEPTED_MESSAGE,
        task_id=task.job_id,
        room_id=task.room_id,
        classifications=classifications,
        partnumbers=codes,
        total_partnumbers=len(codes),
    )


async def _accepted(
    session: ReadSession, principal: Principal, accepted: Accepted
) -> tuple[ClassificationTask, list[str], list[ClassificationRead]]:
    task = await tasks.get_task(session, principal, accepted.job_id)
    codes = [item.partnumber for item in await tasks.list_items(session, [task.job_id])]
    ids = await known.find_known(session, principal.workspace_id, codes)
    found = await known.list_by_ids(session, ids.values())
    return task, codes, [show_classification(*entry) for entry in found.values()]


def show_classification(classification: Classification, code: str) -> ClassificationRead:
    """One classification; the maker's data as the answer has them."""
    answer = classification.answer
    return ClassificationRead(
        id=classification.id,
        partnumber=code,
        task_id=classification.task_id,
        status=classification.status,
        ncm=classification.ncm,
        ncm_path=classification.ncm and nomenclature.describe(classification.ncm),
        exception=classification.exception,
        nve=answer.get("nve"),
        description=classification.description,
        fabricante=answer.get("fabricante"),
        endereco=answer.get("endereco"),
        pais=answer.get("pais"),
        confidence_score=None if classification.confidence is None else float(classification.confidence),
        origin=classification.origin,
        confirmed_at=classification.confirmed_at,
        decided_by=classification.decided_by,
        note=classification.note,
        version=classification.version,
        result=answer,
        created_at=classification.created_at,
    )


async def read_tasks(session: ReadSession, principal: Principal, wanted: TaskFilter, window: Window) -> TaskList:
    """Tasks with what they have brought, newest first."""
    page = await tasks.list_tasks(session, principal, wanted, window)
    ids = [task.job_id for task, _ in page.items]
    items = _by_task(await tasks.list_items(session, ids))
    found: dict[UUID, list[ClassificationRead]] = defaultdict(list)
    for item, classification in await tasks.list_classifications_of(session, ids):
        found[item.task_id].append(show_classification(classification, item.partnumber))
    shown = [_show_task(task, job, items[task.job_id], found[task.job_id]) for task, job in page.items]
    return TaskList(tasks=shown, next_cursor=page.next_cursor)


async def read_task(session: ReadSession, principal: Principal, task_id: UUID) -> TaskRead:
    """One task; TaskNotFoundError."""
    found = await read_tasks(session, principal, TaskFilter(task_id=task_id), Window(1))
    if not found.tasks:
        raise TaskNotFoundError
    return found.tasks[0]


def _by_task(items: Sequence[ClassificationItem]) -> dict[UUID, list[ClassificationItem]]:
    grouped: dict[UUID, list[ClassificationItem]] = defaultdict(list)
    for item in items:
        grouped[item.task_id].append(item)
    return grouped


def _show_task(
    task: ClassificationTask, job: Job, items: Sequence[ClassificationItem], found: list[ClassificationRead]
) -> TaskRead:
    asked = next((item for item in reversed(items) if item.ai_job_id), None)
    return TaskRead(
        task_id=task.job_id,
        room_id=task.room_id,
        status=STATUSES[job.state],
        current=len(found),
        total=task.total,
        message=job.message,
        job_id=asked and asked.ai_job_id,
        progress_channel=asked and asked.progress_channel,
        user_id=task.owner_id,
        partnumbers=[item.partnumber for item in items],
        missing=[item.partnumber for item in items if item.classification_id is None],
        classifications=found,
        document=job.input.get("document"),
        created_at=task.created_at,
        finished_at=job.finished_at,
    )


def states_of(statuses: Collection[str] | None) -> list[JobState] | None:
    """The jobs' states that the contract's words stand for; upper case is understood."""
    if not statuses:
        return None
    words = {status.lower() for status in statuses}
    return [JobState(state) for state, word in STATUSES.items() if word in words]


async def cancel_task(session: Session, principal: Principal, task_id: UUID) -> None:
    """Stop a task that is under way: an answer that still comes is dropped. JobMoveIllegalError for one that ended."""
    task, job = await _get(session, principal, task_id)
    await act_on_one(session, Action.CANCEL, task.job_id, state=job.state)


async def delete_task(session: Session, principal: Principal, task_id: UUID) -> None:
    """Delete a task, cancelled before if it is under way; the classifications that it brought stay."""
    task, job = await _get(session, principal, task_id)
    if not JobState(job.state).is_final:
        await act_on_one(session, Action.CANCEL, task.job_id, state=job.state)
    await tasks.delete_task(session, task.job_id)


async def _get(session: ReadSession, principal: Principal, task_id: UUID) -> tuple[ClassificationTask, Job]:
    page = await tasks.list_tasks(session, principal, TaskFilter(task_id=task_id), Window(1))
    if not page.items:
        raise TaskNotFoundError
    return page.items[0]


async def read_partnumbers(session: ReadSession, principal: Principal, window: Window) -> Page[PartNumberRead]:
    """Part numbers of the workspace with their classifications."""
    page = await known.list_partnumbers(session, principal, window)
    history: dict[UUID, list[Classification]] = defaultdict(list)
    for classification in await known.list_history(session, [partnumber.id for partnumber in page.items]):
        history[classification.partnumber_id].append(classification)
    return page.map(lambda partnumber: _show_partnumber(partnumber, history[partnumber.id]))


async def read_partnumber(session: ReadSession, principal: Principal, code: str) -> PartNumberRead:
    """One of them; PartNumberNotFoundError."""
    partnumber = await known.get_partnumber(session, principal, code.strip().upper())
    history = await known.list_history(session, [partnumber.id])
    best = history[0] if history and history[0].status == "active" else None
    shown = _show_partnumber(partnumber, history)
    return shown.model_copy(update={"candidates": await cite(session, principal, best)})


def _show_partnumber(partnumber: known.PartNumber, history: Sequence[Classification]) -> PartNumberRead:
    shown = [show_classification(classification, partnumber.code) for classification in history]
    best = shown[0] if shown and shown[0].status == "active" else None
    return PartNumberRead(
        code=partnumber.code,
        series=partnumber.series,
        confirmed_at=partnumber.confirmed_at,
        best_classification=best,
        classifications=shown,
        created_at=partnumber.created_at,
    )


def read_ncms(prefix: str, *, limit: int, after: str) -> list[NcmRead]:
    """Codes in force that begin with `prefix`, behind `after`, in order."""
    codes = sorted(code for code in nomenclature.current() if code.startswith(prefix) and code > after)
    return [read_ncm(code) for code in codes[:limit]]


def read_ncm(code: str) -> NcmRead:
    """One code of eight digits, dots or not, with its whole path; NcmNotFoundError."""
    digits = code.replace(".", "")
    if len(digits) != 8 or not nomenclature.is_known(digits):
        raise NcmNotFoundError
    return NcmRead(
        id=digits,
        code=digits,
        description=nomenclature.describe(digits) or "",
        tipi_rules=[
            TipiRule(id=f"{digits}-{rate.exception or '00'}", ex=rate.exception or None, tax=rate.ipi_percent)
            for rate in rates(digits)
            if rate.has_ipi
        ],
        rates_as_of=AS_OF,
    )
