"""Nothing is digested that is not what is read: a genuine note hidden beside a changed one vouches for nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.factories.nfe import NoteBuilder

from malha.fiscal.audit import audit_file
from malha.fiscal.findings import Severity

SIGNED = NoteBuilder(1).with_items(1, "00").authorised()
START, END = SIGNED.index(b"<infNFe "), SIGNED.index(b"</infNFe>") + len(b"</infNFe>")
GENUINE = SIGNED[START:END]
CHANGED = GENUINE.replace(b"<xNome>", b"<xNome>OUTRA ", 1)
PREFIX = b'<a:infNFe xmlns:a="http://www.portalfiscal.inf.br/nfe" '


def changed(rewrite: Callable[[bytes], bytes]) -> bytes:
    return SIGNED[:START] + rewrite(CHANGED) + SIGNED[END:]


WRITINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it was": lambda note: note,
    "a tab in its tag": lambda note: note.replace(b"<infNFe ", b"<infNFe\t", 1),
    "a line break in its tag": lambda note: note.replace(b"<infNFe ", b"<infNFe\n", 1),
    "a prefix": lambda note: note.replace(b"<infNFe ", PREFIX, 1).replace(b"</infNFe>", b"</a:infNFe>"),
    "a blank in its end tag": lambda note: note.replace(b"</infNFe>", b"</infNFe >"),
}
HIDING: dict[str, Callable[[bytes], bytes]] = {
    "nowhere": lambda data: data,
    "behind the protocol": lambda data: data.replace(b"</nfeProc>", GENUINE + b"</nfeProc>"),
    "in the protocol": lambda data: data.replace(b"</protNFe>", b"<x>" + GENUINE + b"</x></protNFe>"),
    "before the note": lambda data: data.replace(b"<NFe", b"<x>" + GENUINE + b"</x><NFe", 1),
    "in the note": lambda data: data.replace(b"<ide>", b"<x>" + GENUINE + b"</x><ide>", 1),
    "in a comment": lambda data: data.replace(b"<ide>", b"<!--" + GENUINE + b"--><ide>", 1),
    "in CDATA": lambda data: data.replace(b"<natOp>", b"<natOp><![CDATA[" + GENUINE + b"]]>", 1),
    "in an instruction": lambda data: data.replace(b"<ide>", b"<?x " + GENUINE + b"?><ide>", 1),
}


def gravest(data: bytes) -> set[str]:
    return {one.rule_id for one in audit_file(data, "nota.xml").findings if one.severity is Severity.CRITICAL}


@pytest.mark.parametrize("writing", list(WRITINGS))
@pytest.mark.parametrize("hiding", list(HIDING))
def test_a_changed_note_is_never_vouched_for(writing: str, hiding: str) -> None:
    assert any(rule.startswith("NF-SIG") for rule in gravest(HIDING[hiding](changed(WRITINGS[writing]))))


def test_the_genuine_note_alone_is_vouched_for() -> None:
    assert gravest(SIGNED) == set()


@pytest.mark.parametrize("blanks", [1, 210, 5_000])
@pytest.mark.parametrize(
    "name", ["UTF-7", "utf-7", "ISO-2022-JP", "ISO-2022-KR", "HZ", "UTF-16", "IBM037", "GB18030", "Shift_JIS"]
)
def test_an_encoding_that_can_hide_tags_is_refused_wherever_it_is_named(name: str, blanks: int) -> None:
    body = SIGNED[SIGNED.index(b"<nfeProc") :]
    told = audit_file(f'<?xml version="1.0"{" " * blanks}encoding="{name}"?>'.encode() + body, "nota.xml")
    assert [result.status.value for result in told.results] == ["ERRO"]
    assert {"IMPORT-FAIL"} <= {one.rule_id for one in told.findings}


@pytest.mark.parametrize("name", ["UTF-8", "utf-8", "ISO-8859-1", "windows-1252", "us-ascii"])
def test_what_people_write_is_read(name: str) -> None:
    body = SIGNED[SIGNED.index(b"<nfeProc") :].decode().encode("ascii", "xmlcharrefreplace")
    told = audit_file(f'<?xml version="1.0" encoding="{name}"?>'.encode() + body, "nota.xml")
    assert "IMPORT-FAIL" not in {one.rule_id for one in told.findings}
