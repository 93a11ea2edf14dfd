"""Fiscal documents audited in a child: the same words as in this process, and an end that is the file's own finding."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import pytest

from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import AuditedFile, RawFile, audit_file_or_archive, audit_leaf, audit_leaves, refuse_file
from malha.fiscal.options import AuditOptions
from malha.guarded import GuardedError, Limits, archives, audits
from malha.guarded.archives import expand
from malha.guarded.audits import audit_guarded
from malha.kit.archives import ArchiveError, ArchiveLimits, Entry
from malha.simulators.nfe import NoteBuilder, samples

OPTIONS = AuditOptions()
NOTE = NoteBuilder(seed=7).with_items(3).authorised()
HEAD = b'<NFe xmlns="http://www.portalfiscal.inf.br/nfe"><infNFe Id="NFe1" versao="4.00"><ide/><emit/>'


def audit_one(data: bytes, name: str = "a.xml", options: AuditOptions = OPTIONS, **given: Any) -> AuditedFile:
    [audited] = audit_guarded([RawFile(name, data, given.pop("is_beside", False))], options, **given)
    return audited


def packed(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def words(file: AuditedFile) -> str:
    [finding] = file.documents[0].findings
    assert finding.rule_id == "IMPORT-FAIL"
    return finding.message_en


def declared(encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + NOTE.partition(b"?>")[2]


FILES = [
    *samples(),
    ("vazio.xml", b""),
    ("pdf.xml", b"%PDF-1.7"),
    ("outro.xml", b"<a><b/></a>"),
    ("utf16.xml", "<a/>".encode("utf-16")),
    *((f"{name}.xml", declared(name)) for name in ("windows-1252", "iso-8859-1", "us-ascii", "shift_jis")),
    ("entidades.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("itens.xml", HEAD + b'<det nItem="1"/>' * 5_000 + b"</infNFe></NFe>"),
]


@pytest.mark.parametrize(("name", "data"), FILES, ids=[name for name, _ in FILES])
def test_a_child_says_what_this_process_says(name: str, data: bytes) -> None:
    here = audit_leaf(data, name, OPTIONS)
    assert here.crash is None
    assert audit_one(data, name, owner="ana") == here


def test_the_options_travel_along() -> None:
    options = AuditOptions(only=frozenset({"NF-KEY"}), own_companies=frozenset({"11222333000181"}))
    assert audit_one(NOTE, "a.xml", options) == audit_leaf(NOTE, "a.xml", options)
    assert audit_one(b"x", "a.txt", options, is_beside=True).left_out == "txt"


@pytest.mark.parametrize(
    ("data", "thing"),
    [
        (HEAD + b'<det nItem="1"/>' * 1_000_000 + b"</infNFe></NFe>", "500000 elements"),
        (HEAD + b"<det/>" * 600_000 + b"</infNFe></NFe>", "500000 elements"),
        (HEAD + b"".join(b"<a%d/>" % n for n in range(60_000)) + b"</infNFe></NFe>", "20000 names"),
        (
            HEAD + b"<det " + b" ".join(b"a%d='1'" % n for n in range(120_000)) + b"/></infNFe></NFe>",
            "100000 attributes",
        ),
        (b"<a>" * 300_000, "deeper"),
    ],
    ids=["items", "bare items", "names", "attributes", "depth"],
)
def test_what_asks_for_too_much_is_the_finding_of_its_file(data: bytes, thing: str) -> None:
    assert thing in words(audit_one(data))


@pytest.mark.parametrize(
    "told",
    [
        [],
        [None],
        [[]],
        [{"name": "a"}],
        [1, 2, 3],
        [{"documents": [{"facts": 1, "status": "OK", "score": 0, "findings": []}], "briefs": None}],
        [{"documents": [], "briefs": None}, {"no": "bytes"}],
    ],
)
def test_a_child_that_talks_nonsense_is_not_believed(told: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "run_guarded", lambda *_, **__: (value for value in told))
    assert words(audit_one(NOTE)) == "The file could not be read."


def test_a_child_is_not_believed_whose_file_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    other = audit_leaf(b"other", "other.xml", OPTIONS).as_json()
    monkeypatch.setattr(audits, "run_guarded", lambda *_, **__: (value for value in (other, None)))
    audited, here = audit_one(NOTE), audit_leaf(NOTE, "a.xml", OPTIONS)
    assert (audited.name, audited.size, audited.sha256) == (here.name, here.size, here.sha256)


@pytest.mark.parametrize("code", ["memory", "time", "output", "crashed"])
def test_what_ends_a_child_is_the_finding_of_its_file(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: Any, **__: Any) -> Iterator[Any]:
        raise GuardedError.of(code)
        yield

    monkeypatch.setattr(audits, "run_guarded", end)
    audited = audit_one(NOTE)
    assert words(audited) == GuardedError.of(code).sentence_en
    assert audited.sha256 == audit_leaf(NOTE, "a.xml", OPTIONS).sha256


def test_small_files_travel_together_and_come_back_in_order() -> None:
    files = [RawFile(f"{number}.xml", b"<a/>" * (number % 7), number % 2 == 0) for number in range(100)]
    refused = refuse_file("x.xml", ReadError("damaged", "a", "b"), size=0, sha256=None)
    mixed = [*files[:50], refused, refused, *files[50:], RawFile("big.xml", NOTE * 30), RawFile("n.xml", NOTE)]
    assert list(audit_guarded(mixed, OPTIONS)) == list(audit_leaves(mixed, OPTIONS))


def test_a_file_that_ends_the_child_is_found_among_its_companions(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    real = audits.run_guarded

    def run(target: str, source: bytes, limits: Limits, **given: Any) -> Iterator[Any]:
        runs.append(len(given["arguments"]["files"]))
        for number, value in enumerate(real(target, source, limits, **given)):
            if given["arguments"]["files"][number // 2]["name"] == "killer.xml":
                raise GuardedError.of("memory")
            yield value

    monkeypatch.setattr(audits, "run_guarded", run)
    files = [RawFile(f"{number}.xml", NOTE) for number in range(6)]
    files[3] = RawFile("killer.xml", NOTE)
    audited = list(audit_guarded(files, OPTIONS, owner="ana"))
    assert [file.name for file in audited] == [file.name for file in files]
    assert words(audited[3]) == GuardedError.of("memory").sentence_en
    assert [file.documents for file in audited if file.name != "killer.xml"] == [
        audit_leaf(NOTE, file.name, OPTIONS).documents for file in files if file.name != "killer.xml"
    ]
    assert runs == [6, 1, 1, 1]


def test_a_zip_is_opened_in_one_child_and_its_files_are_read_in_another() -> None:
    inner = packed(("c.xml", NOTE))
    data = packed(("a.xml", NOTE), ("b.txt", b"text"), ("d.zip", inner), ("e.xml", b"<a"))
    guarded = audit_file_or_archive(data, "x.zip", OPTIONS, audit_all=audit_guarded, open_archive=expand)
    assert list(guarded) == list(audit_file_or_archive(data, "x.zip", OPTIONS))


def test_an_entry_as_large_as_any_may_be_arrives() -> None:
    data = os.urandom(ArchiveLimits().max_entry_bytes)
    assert list(expand(packed(("a.bin", data)), "x.zip")) == [Entry("x.zip/a.bin", data)]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no archive", "not-an-archive"), (packed(("a.xml", b"\0" * 20 * 2**20)), "ratio")],
)
def test_an_archive_that_is_refused_is_refused_in_the_same_words(data: bytes, code: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        list(expand(data, "x.zip"))
    assert raised.value.code == code
    assert raised.value.message_pt.endswith(".")


def test_files_of_an_archive_are_handed_on_while_others_are_packed() -> None:
    data = packed(*((f"{number}.xml", NOTE) for number in range(50)))
    assert len(list(islice(expand(data, "x.zip"), 3))) == 3


@pytest.mark.parametrize(
    "told", [[1], [{"name": 1}], [{"name": "a"}], [{"name": "a"}, "text"], [{"name": "a", "error": []}]]
)
def test_a_child_that_talks_nonsense_of_an_archive_is_not_believed(
    told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "run_guarded", lambda *_, **__: (value for value in told))
    with pytest.raises(ArchiveError) as raised:
        list(expand(b"", "x.zip"))
    assert raised.value.code == "crashed"


@pytest.mark.parametrize("begin", [partial(audit_one, NOTE), lambda **given: list(expand(NOTE, "x.zip", **given))])
def test_cancelled_is_nobody_s_finding(begin: Callable[..., Any]) -> None:
    is_cancelled = threading.Event()
    is_cancelled.set()
    with pytest.raises(GuardedError) as raised:
        begin(is_cancelled=is_cancelled.is_set)
    assert raised.value.code == "cancelled"
