"""Audits of many files on every core: each file by itself in a process pool, then what only shows across documents."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from malha.fiscal.audit import compare
from malha.fiscal.briefs import Brief, BriefReader, NoteBrief
from malha.fiscal.cross_validation import CrossValidation
from malha.fiscal.documents import ReadError
from malha.fiscal.findings import Finding
from malha.fiscal.judgement import DocumentStatus, judge
from malha.fiscal.leaves import (
    NO_EXTENSION,
    AuditedDocument,
    AuditedFile,
    audit_file_or_archive,
    extension_of,
    refuse_file,
)
from malha.fiscal.options import AuditOptions
from malha.fiscal.selection import across_documents, within_documents
from malha.kit.archives import is_clutter

FILES_PER_TASK = 32
LARGEST_FILE_BYTES = 512 * 1024 * 1024
_AUDITED_EXTENSIONS = frozenset({"xml", "zip"})


@dataclass(slots=True)
class Found:
    """What the paths of a request lead to; ``left_out`` counts the other files of folders by extension."""

    files: list[Path] = field(default_factory=list[Path])
    missing: list[Path] = field(default_factory=list[Path])
    left_out: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class BulkReport:
    """The files in the order of the request, without those left out, which ``left_out`` counts by extension.

    ``comparisons`` are the seed's records of products that differ between documents; ``fault`` is what kept the
    documents from being compared with each other, if anything did.
    """

    files: list[AuditedFile]
    left_out: Counter[str]
    comparisons: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    fault: Exception | None = None

    @property
    def documents(self) -> Iterator[tuple[AuditedFile, AuditedDocument]]:
        """Every document with its file."""
        return ((file, document) for file in self.files for document in file.documents)


def find_files(paths: Iterable[Path]) -> Found:
    """The files named, and all XML and ZIP files below the folders named, in a stable order, each once."""
    found = Found()
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if not file.is_file() or is_clutter(str(file.relative_to(path))):
                    continue
                if extension_of(file.name) in _AUDITED_EXTENSIONS:
                    found.files.append(file)
                elif not any(part.startswith(".") for part in file.relative_to(path).parts):
                    found.left_out[extension_of(file.name) or NO_EXTENSION] += 1
        elif path.exists():
            found.files.append(path)
        else:
            found.missing.append(path)
    found.files = list(dict.fromkeys(found.files))
    return found


def audit_files(
    files: Sequence[Path],
    options: AuditOptions,
    *,
    processes: int | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> BulkReport:
    """Audit files together; `advance` is told how many more are done. A file that cannot be read is a result too."""
    alone = within_documents(options)
    tasks = [files[start : start + FILES_PER_TASK] for start in range(0, len(files), FILES_PER_TASK)]
    workers = min(processes or os.cpu_count() or 1, len(tasks))
    audited: list[AuditedFile] = []
    left_out: Counter[str] = Counter()
    for count, done in _run(tasks, alone, workers):
        audited.extend(file for file in done if file.left_out is None)
        left_out.update(file.left_out for file in done if file.left_out is not None)
        advance(count)
    report = BulkReport(audited, left_out)
    try:
        _compare(report, options)
    except Exception as error:  # what each file says by itself is told all the same
        report.fault = error
    return report


def _run(
    tasks: Sequence[Sequence[Path]], options: AuditOptions, workers: int
) -> Iterator[tuple[int, list[AuditedFile]]]:
    if workers < 2:
        for task in tasks:
            yield len(task), _audit_task(task, options)
        return
    with ProcessPoolExecutor(workers) as pool:
        futures = [(len(task), pool.submit(_audit_task, task, options)) for task in tasks]
        for count, future in futures:
            yield count, future.result()


def _audit_task(files: Sequence[Path], options: AuditOptions) -> list[AuditedFile]:
    return [audited for file in files for audited in _audit_path(file, options)]


def _audit_path(file: Path, options: AuditOptions) -> Iterator[AuditedFile]:
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= LARGEST_FILE_BYTES else None
    except OSError as error:
        yield refuse_file(str(file), _unopened(error), size=0, sha256=None)
        return
    if data is None:
        too_large = ReadError("too-large", "O arquivo é grande demais.", "The file is too large.")
        yield refuse_file(str(file), too_large, size=size, sha256=None)
        return
    yield from audit_file_or_archive(data, str(file), options)


def _unopened(error: OSError) -> ReadError:
    if isinstance(error, PermissionError):
        return ReadError(
            "unreadable", "O arquivo não pôde ser aberto: falta permissão.", "The file cannot be opened: not permitted."
        )
    return ReadError("unreadable", "O arquivo não pôde ser aberto.", "The file cannot be opened.")


def _compare(report: BulkReport, options: AuditOptions) -> None:
    """Add what only shows across documents, and judge again the documents that it concerns."""
    reader = BriefReader()
    compared: list[Brief | None] = []
    places: list[tuple[int, int]] = []
    for at, file in enumerate(report.files):
        if file.briefs is not None:
            briefs = reader.read(file.briefs, name=file.name)
            places.extend((at, no) for no in range(len(briefs)))
            compared.extend(briefs)
    across = across_documents(options)
    if across is not None:
        for findings, (at, no) in zip(compare(compared, across), places, strict=True):
            if findings:
                report.files[at] = _judged_again(report.files[at], no, findings)
    validation = CrossValidation()
    for brief, (at, no) in zip(compared, places, strict=True):
        if isinstance(brief, NoteBrief) and report.files[at].documents[no].status is not DocumentStatus.ERROR:
            validation.add_note(brief)
    report.comparisons = validation.discrepancies()


def _judged_again(file: AuditedFile, no: int, findings: Sequence[Finding]) -> AuditedFile:
    documents = list(file.documents)
    status, score, ordered = judge((*documents[no].findings, *findings))
    documents[no] = replace(documents[no], status=status, score=score, findings=ordered)
    return replace(file, documents=tuple(documents))
