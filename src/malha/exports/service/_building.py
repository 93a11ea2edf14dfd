"""The file of an export, written to the storage while the list is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from malha.db import Database, Session
from malha.errors import NotFoundError
from malha.exports import repository
from malha.exports.models import Export
from malha.exports.rules import Format
from malha.exports.service._files import write_file
from malha.exports.service._registry import Pages, get_list
from malha.identity.policy import Principal
from malha.identity.service import find_principal
from malha.jobs import LeaseLostError, PermanentError
from malha.kit.ids import new_id
from malha.storage import Storage

FOLDER = "exports"


class Run(Protocol):
    """The attempt that builds: whether its writes still count, and whom it tells how far it is."""

    def is_cancelled(self) -> bool: ...

    async def progress(self, *, message: str, current: int) -> None: ...


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file that is whole and nobody's yet: either `show_file` makes it an export's, or `discard_file` removes it."""

    folder: str
    storage_key: str
    row_count: int
    size: int


async def build_file(
    database: Database, storage: Storage, export: Export, run: Run, *, language: str = "pt"
) -> BuiltFile:
    """Write the list to a key of this run's own, so that no other attempt is touched; a failure leaves nothing.

    The list is read with the rights that whoever asked for it has by now. Raises PermanentError when they have lost
    them or what the filter names is gone, and LeaseLostError when the run has been cancelled.
    """
    export_list = get_list(export.list_name).in_language(language)
    form = Format(export.format)
    principal = await _find_reader(database, export, export_list.scope)
    wanted = export_list.filter.model_validate(export.filter)
    folder = f"{FOLDER}/{export.job_id}/{new_id()}"
    key = f"{folder}/{export_list.name}.{form.value}"
    passage = _Passage(run)
    try:
        pages = passage.rows_of(export_list.pages(database, principal, wanted, language))
        async with aclosing(write_file(form, export_list, pages)) as blocks:
            await passage.end_of(storage.put_stream(key, passage.bytes_of(blocks)))
        await storage.flush([key])
    except BaseException as error:
        await asyncio.shield(storage.delete_prefix(folder))
        if isinstance(error, NotFoundError):
            raise PermanentError(str(error)) from error
        raise
    return BuiltFile(folder, key, passage.rows, passage.size)


async def show_file(session: Session, job_id: UUID, built: BuiltFile, *, kept_days: float) -> dict[str, Any]:
    """Make the file the export's, in the transaction that ends the job; returns the job's result."""
    await repository.save_file(
        session,
        job_id,
        storage_key=built.storage_key,
        row_count=built.row_count,
        size=built.size,
        kept_for=timedelta(days=kept_days),
    )
    return {"rows": built.row_count, "size": built.size}


async def discard_file(storage: Storage, built: BuiltFile) -> None:
    """Remove a file that could not be shown."""
    await storage.delete_prefix(built.folder)


async def _find_reader(database: Database, export: Export, scope: str) -> Principal:
    async with database.read_session() as session:
        principal = await find_principal(
            session, user_id=export.owner_id, workspace_id=export.workspace_id, job_id=export.job_id
        )
    if principal is None or not principal.can(scope):
        raise PermanentError("whoever asked for the export may not see the list any more")
    return principal


class _Passage:
    """Counts what passes, and stops it between two pieces: the store asks for them from tasks of its own."""

    def __init__(self, run: Run) -> None:
        self.rows = 0
        self.size = 0
        self._run = run
        self._is_stopped = False

    async def rows_of(self, pages: Pages) -> Pages:
        async for page in pages:
            self._check()
            self.rows += len(page)
            yield page
            await self._run.progress(message=str(self.rows), current=self.rows)

    async def bytes_of(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for block in blocks:
            self._check()
            self.size += len(block)
            yield block

    async def end_of(self, storing: Coroutine[Any, Any, None]) -> None:
        """Wait until the file is stored. When this is cancelled, until what is being made has come to its end."""
        task = asyncio.create_task(storing)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            self._is_stopped = True
            await asyncio.gather(task, return_exceptions=True)
            raise

    def _check(self) -> None:
        if self._is_stopped or self._run.is_cancelled():
            raise LeaseLostError
