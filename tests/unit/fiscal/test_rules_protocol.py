"""Rules on SEFAZ's protocol."""

from __future__ import annotations

import pytest
from tests.factories.file_cases import FileCase, assert_fires, assert_silent

from malha.simulators.nfe import NoteBuilder

NFE = "http://www.portalfiscal.inf.br/nfe"


def note() -> NoteBuilder:
    return NoteBuilder(103)


def answer(status: str) -> bytes:
    return (
        f'<retConsSitNFe xmlns="{NFE}" versao="4.00"><tpAmb>1</tpAmb><cStat>{status}</cStat><xMotivo>x</xMotivo>'
        f"<chNFe>{note().key}</chNFe></retConsSitNFe>"
    ).encode()


def protocol_alone() -> bytes:
    data = note().authorised()
    start, end = data.index(b"<protNFe"), data.index(b"</protNFe>") + len(b"</protNFe>")
    return data[start:end].replace(b"<protNFe", f'<protNFe xmlns="{NFE}"'.encode(), 1)


CASES = [
    FileCase("NF-PROT-001", "missing", lambda: note().signed(), at="infNFe"),
    FileCase(
        "NF-PROT-001", "came for another note", lambda: [NoteBuilder(104).signed(), protocol_alone()],
        clean=lambda: [note().signed(), protocol_alone()],
    ),
    FileCase("NF-PROT-002", "denied", lambda: note().set("protNFe/infProt/cStat", "302").authorised(), at="cStat"),
    FileCase(
        "NF-PROT-003", "other key", at="chNFe",
        broken=lambda: note().set("protNFe/infProt/chNFe", NoteBuilder(104).key).authorised(),
    ),
    FileCase(
        "NF-PROT-004", "other digest", at="digVal",
        broken=lambda: note().set("protNFe/infProt/digVal", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=").authorised(),
    ),
    FileCase(
        "NF-PROT-004", "true protocol of what the note was before", at="protNFe/infProt/digVal",
        broken=lambda: [note().set("infAdic/infCpl", "Outro texto").signed(), protocol_alone()],
        clean=lambda: [note().signed(), protocol_alone()],
    ),
    FileCase("NF-PROT-005", "homologation", lambda: note().homologation().authorised(), at="ide/tpAmb"),
    FileCase(
        "NF-PROT-005", "protocol of homologation", at="infProt/tpAmb",
        broken=lambda: note().set("protNFe/infProt/tpAmb", "2").authorised(),
    ),
    FileCase("NF-PROT-006", "late", lambda: note().set("protNFe/infProt/cStat", "150").authorised(), at="cStat"),
    FileCase("NF-PROT-007", "short", lambda: note().set("protNFe/infProt/nProt", "135").authorised(), at="nProt"),
    FileCase(
        "NF-PROT-007", "other state", at="nProt",
        broken=lambda: note().set("protNFe/infProt/nProt", "131260000000001").authorised(),
    ),
    FileCase(
        "NF-PROT-008", "cancelled since", lambda: [note().authorised(), answer("101")], at="infNFe",
        clean=lambda: [note().authorised(), answer("100")],
    ),
    FileCase("NF-PROT-008", "cancelled, without the note", lambda: answer("101"), clean=lambda: answer("100"),
             at="retConsSitNFe/cStat"),
    FileCase(
        "NF-PROT-008", "denied, without the note", at="infProt/cStat", clean=protocol_alone,
        broken=lambda: protocol_alone().replace(b"<cStat>100", b"<cStat>302"),
    ),
    FileCase(
        "NF-PROT-008", "denied, in a file of its own", at="infNFe", clean=lambda: [note().signed(), protocol_alone()],
        broken=lambda: [note().signed(), protocol_alone().replace(b"<cStat>100", b"<cStat>302")],
    ),
    FileCase(
        "NF-PROT-008", "query kept in the note's file", at="infNFe",
        broken=lambda: note().authorised().replace(b"</nfeProc>", answer("101") + b"</nfeProc>"),
        clean=lambda: note().authorised().replace(b"</nfeProc>", answer("100") + b"</nfeProc>"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_fires_where_it_should(case: FileCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rule_is_silent_on_what_is_right(case: FileCase) -> None:
    assert_silent(case)
