"""Mistakes with the file: its XML, signature, protocol, events, and what it repeats of other files."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.factories.mistaken_notes_making import edited, file, mistake, rekeyed
from tests.factories.truth import File

from malha.simulators.nfe import NoteBuilder, cancellation, certificate, correction, manifestation, tampering

NFE = "http://www.portalfiscal.inf.br/nfe"


def sale() -> NoteBuilder:
    return NoteBuilder(901)


def stranger() -> NoteBuilder:
    return NoteBuilder(902)


def old_layout() -> NoteBuilder:
    return NoteBuilder(903, layout="3.10").issued(datetime.fromisoformat("2026-05-12T10:30:00-03:00"))


def beside(*files: bytes) -> list[File]:
    return [(f"{position}.xml", data) for position, data in enumerate(files)]


def protocol_of(note: NoteBuilder) -> bytes:
    data = note.authorised()
    start, end = data.index(b"<protNFe"), data.index(b"</protNFe>") + len(b"</protNFe>")
    return data[start:end].replace(b"<protNFe", f'<protNFe xmlns="{NFE}"'.encode(), 1)


def answer(status: str, reason: str) -> bytes:
    return (
        f'<retConsSitNFe xmlns="{NFE}" versao="4.00"><tpAmb>1</tpAmb><verAplic>1</verAplic><cStat>{status}</cStat>'
        f"<xMotivo>{reason}</xMotivo><cUF>35</cUF><chNFe>{sale().key}</chNFe></retConsSitNFe>"
    ).encode()


def cancelled() -> bytes:
    return cancellation(sale().plan()).processed()


def cancellation_answer() -> bytes:
    data = cancelled()
    return data[data.index(b"<retEvento") : data.index(b"</retEvento>") + len(b"</retEvento>")]


def numbered(number: int) -> NoteBuilder:
    return sale().numbered(number).issued(datetime.fromisoformat("2026-05-12T10:30:00-03:00"))


def other_code() -> NoteBuilder:
    """The same number with another random code."""
    return rekeyed(edited(sale(), "ide/cNF=13572468"), 35, "13572468")


def later_event(hours: int) -> bytes:
    return cancellation(sale().plan()).at(sale().plan().issued_at + timedelta(hours=hours)).processed()


_OWN = frozenset({sale().plan().issuer.tax_id})
_STRUCTURE = "NF-STR-001 NF-STR-002 NF-STR-003 IMPORT-FAIL"

XML = (
    mistake("natureza da operação left out", "NF-STR-002", sale, "-ide/natOp"),
    mistake("value with a comma", "NF-STR-002", sale, "det[1]/prod/vProd=1234,56"),
    mistake("value with thousands", "NF-STR-002", sale, "total/ICMSTot/vNF=1.234.56"),
    mistake("date as people write it", "NF-STR-002 NF-KEY-003", sale, "ide/dhEmi=12/05/2026"),
    mistake("item without NCM", "NF-STR-002", sale, "-det[2]/prod/NCM"),
    mistake("name longer than the field", "NF-STR-002", sale, f"dest/xNome={'X' * 61}"),
    mistake("field that no layout has", "NF-STR-002", sale, "+ide <tpVenda>1</tpVenda>"),
    mistake("letters in a quantity", "NF-STR-002", sale, "det[1]/prod/qCom=10 un"),
    mistake("postcode with a dash", "NF-STR-002", sale, "dest/enderDest/CEP=01001-000"),
    mistake("registration with dots", "NF-STR-002 NF-ID-002", sale, "dest/IE=110.042.490.114"),
    mistake("items numbered 1, 3", "NF-STR-005", lambda: sale().with_items(2, "00"), "det[2]/@nItem=3"),
    mistake("layout 3.10 in 2026", "NF-STR-006", old_layout),
    mistake("layout that never existed", "NF-STR-002 NF-STR-006", sale, "@versao=4.01"),
    file("file cut short", _STRUCTURE, lambda: sale().authorised()[:3000]),
    file("byte order mark", _STRUCTURE, lambda: tampering.with_byte_order_mark(sale().authorised())),
    file("namespace prefix", f"{_STRUCTURE} NF-SIG-002 NF-PROT-001", lambda: tampering.with_prefix(sale().signed())),
    file("Latin-1", _STRUCTURE,
            lambda: sale().authorised().decode().replace("UTF-8", "ISO-8859-1", 1).encode("latin-1")),
    file("Latin-1 that says UTF-8", _STRUCTURE, lambda: sale().authorised().decode().encode("latin-1")),
    file("DOCTYPE", "NF-STR-004 IMPORT-FAIL",
         lambda: sale().authorised().replace(b"?>", b"?><!DOCTYPE x [<!ENTITY a 'b'>]>", 1)),
)  # fmt: skip

KEYS = (
    mistake("check digit typed wrong", "NF-KEY-002", sale, f"@Id=NFe{sale().key[:43]}{(int(sale().key[43]) + 1) % 10}"),
    mistake("two digits of the key swapped", "NF-KEY-002 NF-KEY-003", sale,
            f"@Id=NFe{sale().key[:26]}{sale().key[33]}{sale().key[26:33]}{sale().key[34:]}"),
    mistake("another number than the key's", "NF-KEY-003", sale, "ide/nNF=1002"),
    mistake("another series than the key's", "NF-KEY-003", sale, "ide/serie=2"),
    mistake("another issuer than the key's", "NF-KEY-003", sale, f"emit/CNPJ={stranger().plan().issuer.tax_id}"),
    mistake("another month than the key's", "NF-KEY-003", sale, "ide/dhEmi=2026-04-12T10:30:00-03:00"),
    mistake("predictable code", "NF-KEY-005", lambda: rekeyed(edited(sale(), "ide/cNF=12345678"), 35, "12345678")),
    mistake("Id without NFe", "NF-KEY-001 NF-STR-002", sale, f"@Id={sale().key}"),
    mistake("state that does not exist in the key", "NF-KEY-004",
            lambda: rekeyed(edited(sale(), "ide/cUF=99"), 0, "99")),
    mistake("company with a series of individuals", "NF-KEY-007", lambda: sale().numbered(7, 920)),
    file("file named after another note", "NF-KEY-006",
         lambda: [(f"{stranger().key}-procNFe.xml", sale().authorised())]),
    file("other note under the same key", "NF-DUP-001 NF-PROT-004",
         lambda: beside(sale().authorised(), sale().set("infAdic/infCpl", "Outro texto").authorised())),
    file("number used twice", "NF-DUP-002", lambda: beside(sale().authorised(), other_code().authorised())),
    file("sale invoiced twice", "NF-DUP-003", lambda: beside(numbered(5).authorised(), numbered(6).authorised())),
    file("numbers skipped", "NF-SEQ-001", own=_OWN,
         build=lambda: beside(numbered(5).authorised(), numbered(9).with_items(1).authorised())),
    file("note of a stranger", "NF-ID-007", lambda: stranger().authorised(), own=_OWN),
)  # fmt: skip

SIGNATURES = (
    file("value changed after signing", "NF-SIG-002 NF-TOT-009",
         lambda: tampering.changed(sale().authorised(), "total/ICMSTot/vNF", "1.00")),
    file("product renamed after signing", "NF-SIG-002",
         lambda: tampering.changed(sale().authorised(), "det[1]/prod/xProd", "Mercadoria trocada")),
    file("signature lost", "NF-SIG-001", lambda: tampering.without_signature(sale().authorised())),
    file("never signed", "NF-SIG-001 NF-PROT-001", lambda: sale().unsigned()),
    file("certificate of another company", "NF-SIG-005",
         lambda: sale().signed_by(certificate("12345678000195", "Outra de Exemplo", 2026)).authorised()),
    file("certificate out of date", "NF-SIG-006",
         lambda: sale().signed_by(certificate(sale().plan().issuer.tax_id, "Exemplo", 2020)).authorised()),
    file("signature value garbled", "NF-SIG-003",
         lambda: tampering.with_signature_text(sale().authorised(), "SignatureValue", "AAAA")),
    file("second note wrapped in", "NF-SIG-004", lambda: tampering.wrapped(sale().authorised(), "ide/natOp", "Outra")),
    file("saved again by a viewer", "NF-SIG-007", lambda: tampering.reindented(sale().authorised())),
    file("certificate left out", "NF-SIG-008",
         lambda: tampering.with_signature_text(sale().authorised(), "X509Certificate", "")),
)  # fmt: skip

PROTOCOLS = (
    file("no protocol", "NF-PROT-001", lambda: sale().signed()),
    mistake("denied", "NF-PROT-002", sale, "protNFe/infProt/cStat=302"),
    mistake("rejected", "NF-PROT-002", sale, "protNFe/infProt/cStat=539"),
    mistake("protocol of another note", "NF-PROT-003", sale, f"protNFe/infProt/chNFe={stranger().key}"),
    mistake("digest of another note", "NF-PROT-004", sale, "protNFe/infProt/digVal=AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    mistake("test environment", "NF-PROT-005", lambda: sale().homologation()),
    mistake("authorised out of time", "NF-PROT-006", sale, "protNFe/infProt/cStat=150"),
    mistake("protocol number one digit short", "NF-PROT-007", sale, "protNFe/infProt/nProt=13526000000001"),
    mistake("protocol number of another state", "NF-PROT-007", sale, "protNFe/infProt/nProt=131260000000001"),
    file("denied, said in a file of its own", "NF-PROT-008",
         lambda: beside(sale().signed(), protocol_of(sale()).replace(b"<cStat>100", b"<cStat>302"))),
    file("denied note's protocol alone", "NF-PROT-008",
         lambda: protocol_of(sale()).replace(b"<cStat>100", b"<cStat>302")),
    file("cancelled, said by a query", "NF-PROT-008", lambda: beside(sale().authorised(), answer("101", "Cancelada"))),
    file("cancelled note's query alone", "NF-PROT-008", lambda: answer("101", "Cancelamento homologado")),
    file("unknown to SEFAZ", "NF-PROT-008", lambda: beside(sale().authorised(), answer("217", "NF-e nao consta"))),
    file("changed and signed again, true protocol beside", "NF-PROT-004",
         lambda: beside(sale().set("det[1]/prod/xProd", "Outra mercadoria").signed(), protocol_of(sale()))),
)  # fmt: skip

EVENTS = (
    file("cancelled note used", "NF-EVT-001", lambda: beside(sale().authorised(), cancelled())),
    file("cancelled out of time and used", "NF-EVT-001", lambda: beside(
        sale().authorised(), cancelled().replace(b"<cStat>135", b"<cStat>155"))),
    file("cancellation inside the note's file", "NF-EVT-001",
         lambda: sale().authorised().replace(b"</nfeProc>", cancellation_answer() + b"</nfeProc>")),
    file("cancellation's answer alone beside the note", "NF-EVT-001", lambda: beside(
        sale().authorised(), cancellation_answer().replace(b"<retEvento", f'<retEvento xmlns="{NFE}"'.encode(), 1))),
    file("cancelled two days later", "NF-EVT-004 NF-EVT-001", lambda: beside(sale().authorised(), later_event(50))),
    file("letter that changes the quantity", "NF-EVT-002", lambda: beside(
        sale().authorised(), correction(sale().plan(), "A quantidade correta do item 1 e 20").processed())),
    file("letter by another company", "NF-EVT-003",
         lambda: correction(sale().plan()).written_by(stranger().plan().issuer).processed()),
    file("recipient does not know the sale", "NF-EVT-005",
         lambda: beside(sale().authorised(), manifestation(sale().plan(), "210220").processed())),
    file("goods never arrived", "NF-EVT-005",
         lambda: beside(sale().authorised(), manifestation(sale().plan(), "210240").processed())),
    file("declared by who is no recipient", "NF-EVT-006", lambda: beside(
        sale().authorised(), manifestation(sale().plan()).written_by(stranger().plan().issuer).processed())),
    file("event identified wrong", "NF-EVT-003", lambda: cancellation(sale().plan()).set("@Id", "ID1").processed()),
    file("twenty-first letter", "NF-EVT-003", lambda: correction(sale().plan()).numbered(21).processed()),
    file("event that SEFAZ refused", "NF-EVT-007",
         lambda: cancellation(sale().plan()).set("retEvento/infEvento/cStat", "501").processed()),
    file("event changed after signing", "NF-EVT-008",
         lambda: tampering.changed(cancelled(), "detEvento/xJust", "Outro motivo qualquer")),
)  # fmt: skip

CASES = (*XML, *KEYS, *SIGNATURES, *PROTOCOLS, *EVENTS)
