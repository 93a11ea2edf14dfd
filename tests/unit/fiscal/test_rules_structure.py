"""Rules on the file itself, its schema and its layout."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity
from malha.simulators.nfe import NoteBuilder, cancellation, tampering

BRASILIA = timezone(timedelta(hours=-3))


def note() -> NoteBuilder:
    return NoteBuilder(101)


def latin_1() -> bytes:
    text = note().set("emit/xNome", "Comércio de Exemplo").unsigned().decode()
    return text.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("iso-8859-1")


def with_entity() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><NFe>&x;</NFe>'


def misnumbered() -> bytes:
    return note().set("det[2]/@nItem", "7").authorised()


def accepted_by_sefaz_but_not_by_this_schema() -> bytes:
    return note().set("ide/verProc", "a version name that is longer than the layout allows").authorised()


CASES = [
    FileCase("IMPORT-FAIL", "empty file", lambda: b"", at="/"),
    FileCase("IMPORT-FAIL", "cut file", lambda: note().authorised()[:3000], at="/", clean=lambda: b"<CTe/>"),
    FileCase("NF-STR-008", "another document", lambda: b"<CTe/>", at="/", clean=lambda: b"<NFe"),
    FileCase("NF-STR-001", "cut file", lambda: note().authorised()[:3000]),
    FileCase("NF-STR-004", "external entity", with_entity),
    FileCase("NF-STR-003", "encoding", latin_1),
    FileCase("NF-STR-003", "byte order mark", lambda: tampering.with_byte_order_mark(note().authorised())),
    FileCase("NF-STR-003", "prefix", lambda: tampering.with_prefix(note().authorised())),
    FileCase(
        "NF-STR-002", "bad content", lambda: note().set("det[1]/prod/NCM", "ABC").signed(), at="det[1]/prod/NCM",
        clean=lambda: note().signed(),
    ),
    FileCase("NF-STR-002", "lost element", lambda: note().remove("det[1]/prod/CFOP").signed(), at="det[1]/prod/uCom"),
    FileCase(
        "NF-STR-002", "authorised as it is", accepted_by_sefaz_but_not_by_this_schema, at="ide/verProc",
        severity=Severity.LOW,
    ),
    *(
        FileCase("NF-STR-002", f"authorised without {lost}", lambda lost=lost: note().remove(lost).authorised(),
                 severity=Severity.HIGH)
        for lost in ("det[1]/prod/xProd", "ide/natOp", "total/ICMSTot/vST", "det[1]/imposto/ICMS/*/vICMS")
    ),
    FileCase("NF-STR-002", "authorised with a word for a number", at="prod/vProd", severity=Severity.HIGH,
             broken=lambda: note().set("det[1]/prod/vProd", "dez").authorised()),
    FileCase("NF-STR-002", "authorised with a tag of tomorrow", at="ide/novo", severity=Severity.LOW,
             broken=lambda: note().add("ide", "<novo>1</novo>").authorised()),
    FileCase("NF-STR-002", "authorised with a code of tomorrow", at="ide/tpImp", severity=Severity.LOW,
             broken=lambda: note().set("ide/tpImp", "7").authorised()),
    FileCase(
        "NF-STR-002", "changed afterwards", at="prod/NCM", severity=Severity.HIGH,
        broken=lambda: tampering.changed(note().authorised(), "det[1]/prod/NCM", "ABC"),
    ),
    FileCase("NF-STR-002", "invented layout", lambda: note().set("@versao", "9.00").authorised(), at="@versao"),
    FileCase(
        "NF-STR-005", "item number", misnumbered, at="det[2]/@nItem"
    ),
    FileCase(
        "NF-STR-006", "old layout today", at="@versao",
        broken=lambda: NoteBuilder(layout="3.10").issued(datetime(2026, 1, 1, tzinfo=BRASILIA)).authorised(),
        clean=lambda: NoteBuilder(layout="3.10").authorised(),
    ),
    FileCase(
        "NF-STR-007", "event", at="nSeqEvento",
        broken=lambda: cancellation(note().plan()).set("nSeqEvento", "x").processed(),
        clean=lambda: cancellation(note().plan()).processed(),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)


def test_a_missing_signature_is_not_told_twice() -> None:
    (unsigned,) = [case for case in CASES if case.label == "lost element"]
    assert [one for one in findings(unsigned, note().unsigned()) if "Signature" in (one.expected or "")] == []


def test_a_file_with_many_notes_tells_its_encoding_once() -> None:
    (bom,) = [case for case in CASES if case.label == "byte order mark"]
    body = note().signed().partition(b"?>")[2]
    batch = b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00">' + body * 3 + b"</enviNFe>"
    assert len(findings(bom, tampering.with_byte_order_mark(batch))) == 1
