"""Audits of many files on every core: each file by itself in a process pool, then what only shows across documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malha.fiscal.audit import audit
from malha.fiscal.documents import Document, ReadError, Source, Unreadable
from malha.fiscal.findings import Finding, Level
from malha.fiscal.judgement import judge
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.reports import describe_document, describe_finding
from malha.fiscal.selection import across_documents, within_documents
from malha.fiscal.skeleton import make_skeleton, read_skeleton
from malha.kit.archives import ArchiveError, expand

FILES_PER_TASK = 32
LARGEST_FILE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AuditedDocument:
    """A document's result without the document: `facts` as in a report, and the findings."""

    facts: dict[str, Any]
    status: Level
    score: int
    findings: tuple[Finding, ...]

    def describe(self, *, language: str) -> dict[str, Any]:
        """The dictionary that `malha.fiscal.reports` renders."""
        return {
            "doc": self.facts,
            "status": self.status.value,
            "score": self.score,
            "inconsistencies": [describe_finding(finding, language) for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class _AuditedFile:
    """What a pool process sends back of one file: its documents, and what the comparison needs of them."""

    name: str
    sha256: str
    documents: tuple[AuditedDocument, ...]
    skeleton: bytes | None


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files named, and all XML and ZIP files below the folders named, in a stable order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (file for file in path.rglob("*") if file.suffix.lower() in {".xml", ".zip"} and file.is_file())
            found.extend(sorted(below))
        else:
            found.append(path)
    return found


def audit_files(
    files: Sequence[Path],
    options: AuditOptions,
    *,
    processes: int | None = None,
    language: str = "pt",
    advance: Callable[[int], None] = lambda _count: None,
) -> list[AuditedDocument]:
    """Audit files together; `advance` is told how many more are done. A file that cannot be read is a result too."""
    alone = within_documents(options)
    tasks = [files[start : start + FILES_PER_TASK] for start in range(0, len(files), FILES_PER_TASK)]
    workers = min(processes or os.cpu_count() or 1, len(tasks))
    audited: list[_AuditedFile] = []
    for count, done in _run(tasks, alone, language, workers):
        audited.extend(done)
        advance(count)
    return _compare(audited, options)


def _run(
    tasks: Sequence[Sequence[Path]], options: AuditOptions, language: str, workers: int
) -> Iterator[tuple[int, list[_AuditedFile]]]:
    if workers < 2:
        for task in tasks:
            yield len(task), _audit_task(task, options, language)
        return
    with ProcessPoolExecutor(workers) as pool:
        futures = [(len(task), pool.submit(_audit_task, task, options, language)) for task in tasks]
        for count, future in futures:
            yield count, future.result()


def _audit_task(files: Sequence[Path], options: AuditOptions, language: str) -> list[_AuditedFile]:
    return [audited for file in files for audited in _audit_path(file, options, language)]


def _audit_path(file: Path, options: AuditOptions, language: str) -> Iterator[_AuditedFile]:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            yield _audit(
                [_refusal(str(file), "too-large", "O arquivo é grande demais.", "The file is too large.")],
                options,
                language,
            )
            return
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        refusal = _refusal(
            str(file), "unreadable", f"O arquivo não pôde ser aberto: {reason}.", f"Cannot open it: {reason}."
        )
        yield _audit([refusal], options, language)
        return
    if file.suffix.lower() == ".zip":
        for documents in _expand(data, str(file)):
            yield _audit(documents, options, language)
    else:
        yield _audit(read_or_explain(data, str(file)), options, language)


def _expand(data: bytes, name: str) -> Iterator[list[Document]]:
    """The documents of each file in an archive."""
    try:
        for entry in expand(data, name):
            if entry.error is None:
                yield read_or_explain(entry.data, entry.name)
            else:
                yield [_refusal(entry.name, entry.error.code, entry.error.message_pt, entry.error.message_en)]
    except ArchiveError as error:
        yield [_refusal(name, error.code, error.message_pt, error.message_en)]


def _refusal(name: str, code: str, pt: str, en: str) -> Unreadable:
    return Unreadable(Source(name, b""), ReadError(code, pt, en))


def _audit(documents: list[Document], options: AuditOptions, language: str) -> _AuditedFile:
    results = audit(documents, options=options).results
    source = documents[0].source
    audited = tuple(
        AuditedDocument(describe_document(one.document, language=language), one.status, one.score, one.findings)
        for one in results
    )
    return _AuditedFile(source.name, source.sha256, audited, make_skeleton(documents))


def _compare(files: Sequence[_AuditedFile], options: AuditOptions) -> list[AuditedDocument]:
    """Add what the rules across documents find, and judge again the documents that it concerns."""
    audited = [document for file in files for document in file.documents]
    across = across_documents(options)
    if across is None:
        return audited
    compared: list[Document] = []
    places: list[int] = []
    place = 0
    for file in files:
        if file.skeleton is not None:
            documents = read_skeleton(file.skeleton, name=file.name, sha256=file.sha256)
            places.extend(range(place, place + len(documents)))
            compared.extend(documents)
        place += len(file.documents)
    for result, at in zip(audit(compared, options=across).results, places, strict=True):
        if result.findings:
            status, score, findings = judge((*audited[at].findings, *result.findings))
            audited[at] = replace(audited[at], status=status, score=score, findings=findings)
    return audited
