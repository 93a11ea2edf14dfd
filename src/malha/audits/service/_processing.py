"""One part of an audit: its files read, unpacked and audited, their results copied into the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from malha.audits import repository
from malha.audits.models import AuditDocument, AuditFinding
from malha.audits.service._options import load_options
from malha.audits.service._rows import Leaf, Place, Rows
from malha.db import Session
from malha.db.bulk import copy_rows
from malha.fiscal.audit import audit
from malha.fiscal.documents import Unreadable
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.selection import within_documents
from malha.fiscal.skeleton import make_skeleton
from malha.kit.archives import ArchiveError, expand
from malha.storage import Storage
from malha.storage.content import extension_of

FLUSH_DOCUMENTS = 500
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
UNSUPPORTED_READ_ERROR = "unsupported"


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
    await run.flush()
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

    def audit_file(self, file: PartFile, data: bytes) -> Iterator[str]:
        """Audit an uploaded file; yields the name of each file in it once its rows are made."""
        self._next_no = 0
        if extension_of(file.name) != "zip":
            self._audit_leaf(file.no, file.name, data)
            yield file.name
            return
        try:
            for entry in expand(data, file.name):
                if entry.error is None:
                    self._audit_leaf(file.no, entry.name, entry.data)
                else:
                    self._fail(file.no, Leaf(entry.name, 0, None), entry.error.message_pt, entry.error.message_en)
                yield entry.name
        except ArchiveError as error:
            self._fail(file.no, Leaf(file.name, file.size, file.sha256), error.message_pt, error.message_en)
        if self._next_no == 0:
            leaf = Leaf(file.name, file.size, file.sha256)
            self._fail(file.no, leaf, "O ZIP não contém nenhum arquivo.", "The ZIP holds no file.")
        yield file.name

    def lose(self, file: PartFile) -> None:
        """Record a file whose bytes are gone."""
        self._next_no = 0
        self._fail(
            file.no,
            Leaf(file.name, file.size, file.sha256),
            "O arquivo recebido não está mais íntegro no armazenamento. Envie-o de novo.",
            "The received file is no longer intact in the storage. Send it again.",
        )

    async def flush_when_full(self) -> None:
        if len(self._rows.documents) >= FLUSH_DOCUMENTS:
            await self.flush()

    async def flush(self) -> None:
        rows, self._rows = self._rows, Rows()
        await copy_rows(self._session, AuditDocument, rows.documents)
        await copy_rows(self._session, AuditFinding, rows.findings)

    def _audit_leaf(self, file_no: int, name: str, data: bytes) -> None:
        leaf = Leaf(name, len(data), hashlib.sha256(data).hexdigest())
        if extension_of(name) != "xml" and not _looks_like_xml(data):
            self._refuse_kind(file_no, leaf)
            return
        documents = read_or_explain(data, name)
        first = documents[0]
        if isinstance(first, Unreadable):
            add = self._rows.add_unsupported if first.error.code == UNSUPPORTED_READ_ERROR else self._rows.add_failure
            add(self._place(file_no), leaf, first.error.message_pt, first.error.message_en)
            return
        results = audit(documents, options=self._options).results
        skeletons = [make_skeleton(documents), *[None] * (len(results) - 1)]
        for result, skeleton in zip(results, skeletons, strict=True):
            self._rows.add_result(self._place(file_no), leaf, result, skeleton)

    def _refuse_kind(self, file_no: int, leaf: Leaf) -> None:
        kind = extension_of(leaf.name).upper() or "sem extensão"
        self._rows.add_unsupported(
            self._place(file_no),
            leaf,
            f"Arquivos {kind} ainda não são auditados: o arquivo foi guardado e não conta como erro.",
            f"Files of the kind {kind} are not audited yet: the file was kept and is no fault.",
        )

    def _fail(self, file_no: int, leaf: Leaf, message_pt: str, message_en: str) -> None:
        self._rows.add_failure(self._place(file_no), leaf, message_pt, message_en)

    def _place(self, file_no: int) -> Place:
        place = Place(self._part.job_id, self._part.workspace_id, self._part.no, file_no, self._next_no)
        self._next_no += 1
        self.count += 1
        return place


def _looks_like_xml(data: bytes) -> bool:
    head = data[:256]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.lstrip(b" \t\r\n\0").startswith(b"<")
