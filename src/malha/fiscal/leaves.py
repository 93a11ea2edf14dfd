"""One file from bytes to a result that can be sent: what is in it, what is wrong with it, what comparisons need of it.

The same walk for the command line and for the worker, in whatever process: `audit_leaf` reads no file, no clock and no
state, and whatever happens to it is the file's own finding.
"""

from __future__ import annotations

import base64
import hashlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, NamedTuple, TypeAlias

from malha.fiscal.audit import audit
from malha.fiscal.briefs import pack_briefs
from malha.fiscal.documents import UNSUPPORTED, Document, ReadError, Source, Unreadable
from malha.fiscal.facts import Facts, facts_of
from malha.fiscal.findings import Breach, Finding, Level, Severity
from malha.fiscal.judgement import DocumentStatus, judge
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.fiscal.rules import get_rule
from malha.kit.archives import ArchiveError, Entry, expand

IMPORT_FAIL = "IMPORT-FAIL"
UNAUDITED = "NF-STR-008"
MAIN_KIND = "xml"
NO_EXTENSION = "?"
_PROBE_BYTES = 4096
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_FISCAL = (b"portalfiscal.inf.br", b"<NFe", b"<nfeProc")


@dataclass(frozen=True, slots=True)
class AuditedDocument:
    """A document's result without the document; findings come gravest first."""

    facts: Facts
    status: DocumentStatus
    score: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFile:
    """A file's result: its documents, or none of them and its extension in ``left_out``.

    ``sha256`` is None where the bytes could not be had. ``briefs`` are for `BriefReader`, when a document could
    be read. ``crash`` is the traceback of a fault of this program, which the findings name in short.
    """

    name: str
    size: int
    sha256: str | None
    documents: tuple[AuditedDocument, ...] = ()
    briefs: bytes | None = None
    left_out: str | None = None
    crash: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for `load`; the briefs in base64."""
        return {
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "documents": [
                {
                    "facts": document.facts.as_json(),
                    "status": document.status.value,
                    "score": document.score,
                    "findings": [asdict(finding) for finding in document.findings],
                }
                for document in self.documents
            ],
            "briefs": self.briefs and base64.b64encode(self.briefs).decode(),
            "left_out": self.left_out,
            "crash": self.crash,
        }

    @classmethod
    def load(cls, values: dict[str, Any]) -> AuditedFile:
        """Back from `as_json`, also after a way through JSON."""
        documents = tuple(
            AuditedDocument(
                Facts.load(document["facts"]),
                DocumentStatus(document["status"]),
                document["score"],
                tuple(_load_finding(finding) for finding in document["findings"]),
            )
            for document in values["documents"]
        )
        read = dict(values)
        read["documents"], read["briefs"] = documents, values["briefs"] and base64.b64decode(values["briefs"])
        return cls(**read)


class RawFile(NamedTuple):
    """A file that is to be audited; for ``is_beside`` see `audit_leaf`."""

    name: str
    data: bytes
    is_beside: bool = False


Leaf: TypeAlias = RawFile | AuditedFile


def audit_leaf(data: bytes, name: str, options: AuditOptions, *, is_beside: bool = False) -> AuditedFile:
    """Audit one file; never raises but for want of memory.

    ``is_beside``: nobody named the file, it lay in an archive or a folder. Then a PDF, a text or a signature beside the
    XML is left out; a file that was named is told to be of a kind that is not audited.
    """
    kind = extension_of(name)
    if kind != MAIN_KIND and not _looks_like_xml(data, fiscal=is_beside):
        if is_beside:
            return AuditedFile(name=name, size=len(data), sha256=_fingerprint(data), left_out=kind or NO_EXTENSION)
        return refuse_file(name, _unaudited_kind(kind), size=len(data), sha256=_fingerprint(data))
    try:
        return _audited(read_or_explain(data, name), options)
    except MemoryError:
        raise
    except Exception as error:  # the file's finding, whatever it is: the others are not its hostages
        crash = "".join(traceback.format_exception(error))
        return replace(refuse_file(name, _crashed(error), size=len(data), sha256=_fingerprint(data)), crash=crash)


def audit_leaves(leaves: Iterable[Leaf], options: AuditOptions) -> Iterator[AuditedFile]:
    """Audit files one after the other in this process; those that were refused before stay as they are."""
    for leaf in leaves:
        if isinstance(leaf, AuditedFile):
            yield leaf
        else:
            yield audit_leaf(leaf.data, leaf.name, options, is_beside=leaf.is_beside)


def audit_file_or_archive(
    data: bytes,
    name: str,
    options: AuditOptions,
    *,
    is_beside: bool = False,
    audit_all: Callable[[Iterable[Leaf], AuditOptions], Iterator[AuditedFile]] = audit_leaves,
    open_archive: Callable[[bytes, str], Iterator[Entry]] = expand,
) -> Iterator[AuditedFile]:
    """Audit a file, or each file in a ZIP; an archive that cannot be opened, or holds nothing, is a result too.

    ``audit_all`` and ``open_archive`` do what `audit_leaves` and `expand` do in whatever process.
    """
    if extension_of(name) != "zip":
        yield from audit_all([RawFile(name, data, is_beside)], options)
        return

    def refuse(error: ArchiveError) -> AuditedFile:
        return refuse_archive(name, error, size=len(data), sha256=_fingerprint(data))

    count = documents = 0
    for leaf in audit_all(unpack(open_archive(data, name), refuse), options):
        count += 1
        documents += len(leaf.documents)
        yield leaf
    if not documents:
        yield refuse_file(name, nothing_inside(count), size=len(data), sha256=_fingerprint(data))


def unpack(entries: Iterable[Entry], refuse: Callable[[ArchiveError], AuditedFile]) -> Iterator[Leaf]:
    """The files of an archive; ``refuse`` makes a result of what is wrong with the archive as a whole."""
    try:
        for entry in entries:
            if entry.error is None:
                yield RawFile(entry.name, entry.data, is_beside=True)
            else:
                yield refuse_archive(entry.name, entry.error, size=0, sha256=None)
    except ArchiveError as error:
        yield refuse(error)


def refuse_archive(name: str, error: ArchiveError, *, size: int, sha256: str | None) -> AuditedFile:
    """The result of an archive that is not opened, or of an entry that cannot be had."""
    return refuse_file(name, ReadError(error.code, error.message_pt, error.message_en), size=size, sha256=sha256)


def refuse_file(name: str, error: ReadError, *, size: int, sha256: str | None) -> AuditedFile:
    """The result of a file that could not be opened, or that ended its reader; the error says why."""
    return AuditedFile(name=name, size=size, sha256=sha256, documents=(_unread(Unreadable(Source(name, b""), error)),))


def extension_of(name: str) -> str:
    """The last extension in lower case without its dot, or an empty string."""
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


def _audited(documents: list[Document], options: AuditOptions) -> AuditedFile:
    results = audit(documents, options=options).results
    file = documents[0].source.file
    audited = tuple(
        _unread(result.document, result.findings)
        if isinstance(result.document, Unreadable)
        else AuditedDocument(facts_of(result.document), result.status, result.score, result.findings)
        for result in results
    )
    return AuditedFile(
        name=file.name, size=len(file.data), sha256=file.sha256, documents=audited, briefs=pack_briefs(documents)
    )


def _unread(document: Unreadable, findings: tuple[Finding, ...] = ()) -> AuditedDocument:
    """A failure is told whatever rules were chosen."""
    if not findings:
        error = document.error
        rule = get_rule(UNAUDITED if document.is_unsupported else IMPORT_FAIL)
        breach = Breach(None, pt=error.message_pt, en=error.message_en)
        findings = (rule.report(breach, document),)
    status, score, ordered = judge(findings, unread=document)
    return AuditedDocument(facts_of(document), status, score, ordered)


def _load_finding(values: dict[str, Any]) -> Finding:
    read = dict(values)
    read["severity"], read["level"] = Severity(values["severity"]), Level(values["level"])
    read["others"], read["related"] = tuple(values["others"]), tuple(values["related"])
    return Finding(**read)


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _looks_like_xml(data: bytes, *, fiscal: bool) -> bool:
    """Whether a file is XML in spite of its name; ``fiscal``: and of SEFAZ's, not a page or a drawing."""
    head = data[:_PROBE_BYTES]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    if not head.lstrip(b" \t\r\n\0").startswith(b"<"):
        return False
    return not fiscal or any(word in head for word in _FISCAL)


def _unaudited_kind(kind: str) -> ReadError:
    return ReadError(
        UNSUPPORTED,
        f"Arquivos {kind.upper() or 'sem extensão'} não são auditados: isto não conta como erro.",
        f"Files {f'of the kind {kind.upper()}' if kind else 'without an extension'} are not audited: this is no fault.",
    )


def _crashed(error: Exception) -> ReadError:
    name = type(error).__name__
    return ReadError(
        "crashed",
        f"A auditoria deste arquivo falhou por um defeito do programa ({name}): ele não foi julgado.",
        f"Auditing this file failed by a fault of the program ({name}): it was not judged.",
    )


def nothing_inside(left_out: int) -> ReadError:
    """What is wrong with an archive in which no document was found, but so many other files."""
    if not left_out:
        return ReadError("empty", "O ZIP não contém nenhum arquivo.", "The ZIP holds no file.")
    return ReadError(
        UNSUPPORTED, "O ZIP não contém nenhum documento fiscal em XML.", "The ZIP holds no fiscal document in XML."
    )
