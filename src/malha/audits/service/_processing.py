"""One part of an audit: its files read, unpacked and audited, their results copied into the tables."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import structlog

from malha.audits import repository
from malha.audits.models import AuditDocument, AuditFinding, AuditLeftOut
from malha.audits.service._options import load_options
from malha.audits.service._rows import Place, Rows, left_out_rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import AuditedFile, audit_file_or_archive, refuse_file
from malha.fiscal.options import AuditOptions
from malha.fiscal.selection import within_documents
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
    await repository.delete_part_documents(session, part.job_id, part.no)
    run = _Run(session, part, within_documents(load_options(options)))
    for position, file in enumerate(files, 1):
        if tell.is_cancelled():
            break
        data = await _fetch(storage, file)
        if data is None:
            run.lose(file)
            continue
        for leaf in run.audit_file(file, data):
            await run.flush_when_full()
            if len(files) > 1 or run.count > 1:
                await tell.progress(stage="auditing", message=leaf, current=position, total=len(files))
    await run.finish()
    return run.count


async def _fetch(storage: Storage, file: PartFile) -> bytes | None:
    """The bytes that were received, or None when the store has lost or changed them."""
    try:
        data = await storage.get(file.key)
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).hexdigest() == file.sha256 else None


class _Run:
    """The rows of a part on their way to the database."""

    def __init__(self, session: Session, part: PartOf, options: AuditOptions) -> None:
        self.count = 0
        self._session = session
        self._part = part
        self._options = options
        self._rows = Rows()
        self._next_no = 0
        self._left_out: Counter[str] = Counter()

    def audit_file(self, file: PartFile, data: bytes) -> Iterator[str]:
        """Audit an uploaded file; yields the name of each file in it once its rows are made."""
        self._next_no = 0
        for audited in audit_file_or_archive(data, file.name, self._options):
            self._add(file.no, audited)
            yield audited.name

    def lose(self, file: PartFile) -> None:
        """Record a file whose bytes are gone."""
        self._next_no = 0
        self._add(file.no, refuse_file(file.name, _LOST, size=file.size, sha256=file.sha256))

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

    def _add(self, file_no: int, file: AuditedFile) -> None:
        if file.crash is not None:
            _log.error("audit.file_crashed", job_id=str(self._part.job_id), file_no=file_no, traceback=file.crash)
        if file.left_out is not None:
            self._left_out[file.left_out] += 1
        skeletons = [file.skeleton, *[None] * len(file.documents)]
        for document, skeleton in zip(file.documents, skeletons, strict=False):
            self._rows.add_document(self._place(file_no), file, document, skeleton)

    def _place(self, file_no: int) -> Place:
        place = Place(self._part.job_id, self._part.workspace_id, self._part.no, file_no, self._next_no)
        self._next_no += 1
        self.count += 1
        return place
