"""What the API asks of exports that exist, and the few things it does to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from malha.db import Database, ReadSession, Session
from malha.db.paging import Page, Window
from malha.exports import repository
from malha.exports.errors import ExportActiveError, ExportExpiredError, ExportUnfinishedError
from malha.exports.models import Export
from malha.exports.rules import Format
from malha.exports.schemas import ColumnRead, ExportRead, ListRead
from malha.exports.service._building import FOLDER
from malha.exports.service._files import MEDIA_TYPES
from malha.exports.service._registry import all_lists, get_list
from malha.identity.errors import ScopeMissingError
from malha.identity.policy import Principal
from malha.identity.service import Act, AuditTrail
from malha.jobs import Job, JobState
from malha.kit.clock import brazilian_day, utc_now
from malha.storage import Storage
from malha.wording import fill


@dataclass(frozen=True, slots=True)
class Download:
    """A file on its way out."""

    name: str
    media_type: str
    size: int
    blocks: AsyncIterator[bytes]


async def read_export(session: ReadSession, principal: Principal, export_id: UUID, language: str) -> ExportRead:
    """One export; ExportNotFoundError."""
    return _show(*await repository.get_export(session, principal, export_id), language)


async def read_exports(session: ReadSession, principal: Principal, window: Window, language: str) -> Page[ExportRead]:
    """Exports, newest first."""
    return (await repository.list_exports(session, principal, window)).map(lambda row: _show(*row, language))


def read_lists(principal: Principal, language: str) -> list[ListRead]:
    """The lists that the principal may export."""
    return [
        ListRead(
            name=one.name,
            title=one.title,
            scope=one.scope,
            columns=[ColumnRead(name=each.name, heading=each.heading, kind=each.kind.value) for each in one.columns],
            filter=one.filter.model_json_schema(),
        )
        for one in (each.in_language(language) for each in all_lists())
        if principal.can(one.scope)
    ]


async def open_file(database: Database, storage: Storage, principal: Principal, export_id: UUID) -> Download:
    """The file of an export.

    Raises ExportNotFoundError, ScopeMissingError for a credential that may not see the list itself,
    ExportUnfinishedError, ExportExpiredError.
    """
    async with database.read_session() as session:
        export, job = await repository.get_export(session, principal, export_id)
    scope = get_list(export.list_name).scope
    if not principal.can(scope):
        raise ScopeMissingError(scope)
    if export.storage_key is None:
        raise ExportUnfinishedError(state=job.state)
    if _has_expired(export):
        raise ExportExpiredError
    try:
        blocks = await storage.open_stream(export.storage_key)
    except FileNotFoundError as error:
        raise ExportExpiredError from error
    name = f"{export.list_name}-{brazilian_day(export.created_at)}.{export.format}"
    return Download(name, MEDIA_TYPES[Format(export.format)], export.size or 0, blocks)


async def delete_export(
    session: Session, storage: Storage, principal: Principal, trail: AuditTrail, export_id: UUID
) -> None:
    """Delete an export that has ended, and after the commit its files; ExportActiveError for others."""
    export, job = await repository.get_export(session, principal, export_id)
    if not JobState(job.state).is_final:
        raise ExportActiveError(state=job.state)
    await repository.delete_export(session, export_id)
    state = {"list": export.list_name, "format": export.format, "rows": export.row_count}
    await trail.record(
        session, Act(entity_type="export", entity_id=export_id, action="EXPORT_DELETED", previous_state=state)
    )
    session.after_commit(partial(storage.delete_prefix, f"{FOLDER}/{export_id}"))


_ROWS = ("{count:linha/linhas}", "{count:row/rows}")


def _message(job: Job, language: str) -> str | None:
    """How many rows are written, which is all that the run tells."""
    if job.message is None or not job.message.isdecimal():
        return None
    return fill(_ROWS[language != "pt"], language, count=int(job.message))


def _show(export: Export, job: Job, language: str) -> ExportRead:
    state = JobState(job.state)
    is_there = export.storage_key is not None and not _has_expired(export)
    return ExportRead(
        id=export.job_id,
        list=export.list_name,
        format=Format(export.format),
        filter=export.filter,
        state=state,
        message=None if state.is_final else _message(job, language),
        file=f"/api/v1/exports/{export.job_id}/file" if is_there else None,
        row_count=export.row_count,
        size=export.size,
        error=job.error and {"type": job.error.get("type"), "message": job.error.get("message")},
        created_at=export.created_at,
        finished_at=job.finished_at,
        expires_at=export.expires_at,
    )


def _has_expired(export: Export) -> bool:
    return export.storage_key is not None and export.expires_at <= utc_now()
