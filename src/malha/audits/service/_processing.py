"""One part of an audit: its files read, unpacked and audited, their results copied into the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from typing import Any, Protocol
from uuid import UUID

import structlog

from malha.audits.models import AuditDocument, AuditFinding, AuditLeftOut
from malha.audits.repository import processing
from malha.audits.service._contents import Contents, ReceivedFiles
from malha.audits.service._options import load_options
from malha.audits.service._part_file import PartFile
from malha.audits.service._rows import Place, Rows, left_out_rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.leaves import AuditedFile
from malha.fiscal.selection import within_documents
from malha.guarded import GuardedError, stream_off_loop
from malha.guarded.audits import audit_guarded
from malha.storage import Storage

_RECEIVED = ReceivedFiles()
_log = structlog.get_logger(__name__)


class PartReporter(Protocol):
    """Where a part tells how far it is and what else there is to do."""

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

    def spawn(self, inputs: Iterable[Mapping[str, Any]]) -> None:
        """Add parts to the job."""
        ...

    def is_cancelled(self) -> bool:
        """True when nothing that this run writes will be kept."""
        ...


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
    """Audit the files; whatever an earlier attempt wrote is replaced. Returns how many documents there were.

    An archive of more than a few files is only opened: its sections become parts of their own.
    """
    await processing.delete_part_documents(session, part.job_id, part.no)
    chosen = within_documents(load_options(options))
    run = _Run(session, part)

    def audit(contents: Contents, is_cancelled: Callable[[], bool]) -> Iterator[AuditedFile]:
        """In children that see nothing of other workspaces."""
        leaves = contents.leaves(is_cancelled)
        return audit_guarded(leaves, chosen, owner=str(part.workspace_id), is_cancelled=is_cancelled)

    for position, file in enumerate(files, 1):
        if tell.is_cancelled():
            break
        try:
            contents = await _RECEIVED.look_into(storage, file, tell.is_cancelled)
            tell.spawn({"files": [rest.as_json()]} for rest in contents.rest)
            run.begin(file.no, contents.number)
            begin = partial(audit, contents)
            async with aclosing(stream_off_loop(begin, tell.is_cancelled)) as audited_files:
                async for audited in audited_files:
                    run.add(audited)
                    if len(files) > 1 or run.count > 1:
                        await tell.progress(stage="auditing", message=audited.name, current=position, total=len(files))
        except GuardedError:  # cancelled: whatever else ends a child is its file's finding
            break
    await run.finish()
    return run.count


class _Run:
    """The rows of a part on their way to the database."""

    def __init__(self, session: Session, part: PartOf) -> None:
        self.count = 0
        self._session = session
        self._part = part
        self._rows = Rows()
        self._file_no = self._number = 0
        self._left_out: Counter[str] = Counter()

    def begin(self, file_no: int, number: int) -> None:
        """What is added from here on is of this uploaded file, and its first document has this number."""
        self._file_no, self._number = file_no, number

    def add(self, file: AuditedFile) -> None:
        """The rows of an uploaded file, or of one of those in it."""
        if file.crash is not None:
            _log.error("audit.file_crashed", job_id=str(self._part.job_id), file_no=self._file_no, traceback=file.crash)
        if file.left_out is not None:
            self._left_out[file.left_out] += 1
        for document, briefs in zip(file.documents, chain([file.briefs], repeat(None)), strict=False):
            place = Place(self._part.job_id, self._part.workspace_id, self._part.no, self._file_no, self._number)
            self._rows.add_document(place, file, document, briefs)
            self._number += 1
            self.count += 1

    async def finish(self) -> None:
        """Write them, and what was left out."""
        await copy_rows(self._session, AuditDocument, self._rows.documents)
        await copy_rows(self._session, AuditFinding, self._rows.findings)
        await copy_rows(self._session, AuditLeftOut, left_out_rows(self._part.job_id, self._part.no, self._left_out))
