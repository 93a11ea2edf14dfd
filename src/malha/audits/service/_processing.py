"""One part of an audit: its files read, unpacked and audited, their results copied into the tables."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog

from malha.audits.models import AuditDocument, AuditFinding, AuditLeftOut
from malha.audits.repository import processing
from malha.audits.service._options import load_options
from malha.audits.service._rows import Place, Rows, left_out_rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import AuditedFile, audit_file_or_archive, refuse_file
from malha.fiscal.options import AuditOptions
from malha.fiscal.selection import within_documents
from malha.guarded import GuardedError, stream_off_loop
from malha.guarded.archives import expand
from malha.guarded.audits import audit_guarded
from malha.storage import Storage

FLUSH_DOCUMENTS = 500
_LOST = ReadError(
    "lost",
    "O arquivo recebido não está mais íntegro no armazenamento. Envie-o de novo.",
    "The received file is no longer intact in the storage. Send it again.",
)
_log = structlog.get_logger(__name__)


class PartReporter(Protocol):
    """Where a part tells how far it is."""

    async def progress(
        self,
        *,
        stage: str | None = None,
        message: str | None = None,
        current: int | None = None,
        total: int | None = None,
    ) -> None:
        """Log the place reached, at most a few times a second."""
        ...

    def is_cancelled(self) -> bool:
        """True when nothing that this run writes will be kept."""
        ...


@dataclass(frozen=True, slots=True)
class PartFile:
    """One uploaded file of the part; `no` is its place in the request."""

    no: int
    name: str
    key: str
    size: int
    sha256: str

    @classmethod
    def load(cls, entry: dict[str, Any]) -> PartFile:
        """Back from the part's JSON."""
        return cls(entry["no"], entry["name"], entry["key"], entry["size"], entry["sha256"])

    def as_json(self) -> dict[str, Any]:
        """For the part's input."""
        return {"no": self.no, "name": self.name, "key": self.key, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class PartOf:
    """Which part of which audit is being processed."""

    job_id: UUID
    workspace_id: UUID
    no: int


async def process_part(
    session: Session,
    storage: Storage,
    part: PartOf,
    options: dict[str, Any],
    files: list[PartFile],
    *,
    tell: PartReporter,
) -> int:
    """Audit the files; whatever an earlier attempt wrote is replaced. Returns how many documents there were."""
    await processing.delete_part_documents(session, part.job_id, part.no)
    chosen = within_documents(load_options(options))
    run = _Run(session, part)
    for position, file in enumerate(files, 1):
        if tell.is_cancelled():
            break
        data = await _fetch(storage, file)
        if data is None:
            run.lose(file)
            continue
        try:
            async with aclosing(_audit_guarded(part, file, data, chosen, tell)) as audited_files:
                async for audited in audited_files:
                    run.add(file.no, audited)
                    await run.flush_when_full()
                    if len(files) > 1 or run.count > 1:
                        await tell.progress(stage="auditing", message=audited.name, current=position, total=len(files))
        except GuardedError:  # cancelled: whatever else ends a child is its file's finding
            break
    await run.finish()
    return run.count


def _audit_guarded(
    part: PartOf, file: PartFile, data: bytes, options: AuditOptions, tell: PartReporter
) -> AsyncGenerator[AuditedFile, None]:
    """The file, or those in it, read in children that see nothing of other workspaces. GuardedError `cancelled`."""

    def begin(is_cancelled: Callable[[], bool]) -> Iterator[AuditedFile]:
        return audit_file_or_archive(
            data,
            file.name,
            options,
            audit_all=partial(audit_guarded, owner=str(part.workspace_id), is_cancelled=is_cancelled),
            open_archive=partial(expand, is_cancelled=is_cancelled),
        )

    return stream_off_loop(begin, tell.is_cancelled)


async def _fetch(storage: Storage, file: PartFile) -> bytes | None:
    """The bytes that were received, or None when the store has lost or changed them."""
    try:
        data = await storage.get(file.key)
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).hexdigest() == file.sha256 else None


class _Run:
    """The rows of a part on their way to the database."""

    def __init__(self, session: Session, part: PartOf) -> None:
        self.count = 0
        self._session = session
        self._part = part
        self._rows = Rows()
        self._documents: Counter[int] = Counter()
        self._left_out: Counter[str] = Counter()

    def add(self, file_no: int, file: AuditedFile) -> None:
        """The rows of an uploaded file, or of one of those in it."""
        if file.crash is not None:
            _log.error("audit.file_crashed", job_id=str(self._part.job_id), file_no=file_no, traceback=file.crash)
        if file.left_out is not None:
            self._left_out[file.left_out] += 1
        skeletons = [file.skeleton, *[None] * len(file.documents)]
        for document, skeleton in zip(file.documents, skeletons, strict=False):
            self._rows.add_document(self._place(file_no), file, document, skeleton)

    def lose(self, file: PartFile) -> None:
        """Record a file whose bytes are gone."""
        self.add(file.no, refuse_file(file.name, _LOST, size=file.size, sha256=file.sha256))

    async def flush_when_full(self) -> None:
        if len(self._rows.documents) >= FLUSH_DOCUMENTS:
            await self.flush()

    async def flush(self) -> None:
        rows, self._rows = self._rows, Rows()
        await copy_rows(self._session, AuditDocument, rows.documents)
        await copy_rows(self._session, AuditFinding, rows.findings)

    async def finish(self) -> None:
        """Write what is left, and what was left out."""
        await self.flush()
        await copy_rows(self._session, AuditLeftOut, left_out_rows(self._part.job_id, self._part.no, self._left_out))

    def _place(self, file_no: int) -> Place:
        place = Place(self._part.job_id, self._part.workspace_id, self._part.no, file_no, self._documents[file_no])
        self._documents[file_no] += 1
        self.count += 1
        return place
