"""Files to documents: every envelope, and clear words for what is not one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from malha.fiscal.documents import Event, Inutilization, Note, Protocol, ReadError, Unreadable
from malha.fiscal.readers import read, read_or_explain
from malha.simulators.nfe import NoteBuilder, cancellation, manifestation, tampering

NFE = "http://www.portalfiscal.inf.br/nfe"
KEY = NoteBuilder(1).key
DUPLICATE = f"<infProt><chNFe>{KEY}</chNFe><cStat>204</cStat></infProt>"
IN_A_MANIFEST = "<infMDFe><infDoc><infNFe><chNFe>1</chNFe></infNFe></infDoc></infMDFe>"
RANGE = "<CNPJ>1</CNPJ><mod>55</mod><serie>1</serie><nNFIni>3</nNFIni><nNFFin>9</nNFFin>"
HEAD = f'xmlns="{NFE}" versao="4.00"'


def note(builder: NoteBuilder) -> Note:
    (document,) = read(builder.authorised(), "nota.xml")
    assert isinstance(document, Note)
    return document


def body(xml: bytes) -> bytes:
    return xml.partition(b"?>")[2]


def test_an_authorised_note_is_read_with_its_protocol() -> None:
    found = note(NoteBuilder(1))
    plan = NoteBuilder(1).plan()
    assert (found.key, found.layout, found.model, found.is_nfce) == (plan.key, "4.00", "55", False)
    assert (found.series, found.number, found.purpose, found.direction, found.crt) == ("1", "1001", "1", "1", "3")
    assert (found.issuer_id, found.issuer_uf, found.recipient_uf) == (plan.issuer.tax_id, "SP", "SP")
    assert found.issued_at == plan.issued_at
    assert found.protocol is not None
    assert found.protocol.text("cStat") == "100"
    assert found.signature
    assert len(found.items) == 4
    assert found.raw.startswith(b"<?xml")
    assert (found.source_name, len(found.sha256)) == ("nota.xml", 64)


def test_items_show_whichever_tax_group_there_is() -> None:
    items = note(NoteBuilder(2).with_items(4, "00", "60", "20", "40")).items
    assert [item.number for item in items] == [1, 2, 3, 4]
    assert [item.icms.tag for item in items] == ["ICMS00", "ICMS60", "ICMS20", "ICMS40"]
    assert [item.icms_code for item in items] == ["00", "60", "20", "40"]
    simples = note(NoteBuilder(2).simples()).items[0]
    assert (simples.is_simples, simples.icms_code) == (True, simples.icms.text("CSOSN"))
    assert items[0].prod.amount("vProd") == Decimal(items[0].prod.text("vProd") or "")
    assert items[0].pis
    assert items[0].cofins
    assert not items[0].issqn


def test_codes_keep_their_zeros() -> None:
    found = note(NoteBuilder(3).set("det[1]/prod/NCM", "01012100"))
    assert found.items[0].ncm == "01012100"


def test_a_consumer_note_of_either_layout_is_read() -> None:
    assert note(NoteBuilder(4, model="65")).is_nfce
    assert note(NoteBuilder(4, layout="3.10")).layout == "3.10"


def test_a_note_of_layout_2_has_a_date_without_zone() -> None:
    parts = "<ide><dEmi>2012-05-06</dEmi></ide><emit><CNPJ>1</CNPJ></emit>"
    data = f'<NFe xmlns="{NFE}"><infNFe Id="NFe1" versao="2.00">{parts}</infNFe></NFe>'
    (found,) = read(data.encode(), "antiga.xml")
    assert isinstance(found, Note)
    assert found.issued_at is not None
    assert found.issued_at.isoformat() == "2012-05-06T00:00:00-03:00"


def test_a_signed_note_has_no_protocol() -> None:
    (found,) = read(NoteBuilder(5).signed(), "nota.xml")
    assert isinstance(found, Note)
    assert found.protocol is None


def test_a_batch_is_split() -> None:
    bodies = b"".join(body(NoteBuilder(seed).signed()) for seed in range(3))
    found = read(f"<enviNFe {HEAD}><idLote>1</idLote>".encode() + bodies + b"</enviNFe>", "lote.xml")
    assert [one.key for one in found if isinstance(one, Note)] == [NoteBuilder(seed).key for seed in range(3)]


@pytest.mark.parametrize("count", [0, 51])
def test_a_batch_has_1_to_50_notes(count: int) -> None:
    bodies = body(NoteBuilder().signed()) * count
    with pytest.raises(ReadError, match="1 to 50"):
        read(f"<enviNFe {HEAD}><idLote>1</idLote>".encode() + bodies + b"</enviNFe>", "lote.xml")


def test_a_note_has_at_most_990_items() -> None:
    item = b'<det nItem="1"><prod><cProd>1</cProd></prod></det>'
    head = f'<NFe xmlns="{NFE}"><infNFe><ide><mod>55</mod></ide><emit><CNPJ>1</CNPJ></emit>'.encode()
    assert len(read(head + item * 990 + b"</infNFe></NFe>", "x.xml")) == 1
    with pytest.raises(ReadError, match="at most 990"):
        read(head + item * 991 + b"</infNFe></NFe>", "x.xml")


def test_events_are_read_alone_answered_and_in_batches() -> None:
    builder = cancellation(NoteBuilder(6).plan())
    (answered,), (alone,) = read(builder.processed(), "a.xml"), read(builder.signed(), "b.xml")
    assert isinstance(answered, Event)
    assert isinstance(alone, Event)
    assert (answered.key, answered.kind, answered.sequence) == (NoteBuilder(6).key, "110111", "1")
    assert answered.is_registered
    assert not alone.is_registered
    other = manifestation(NoteBuilder(7).plan())
    batch = f"<envEvento {HEAD}>".encode() + body(builder.signed()) + body(other.signed()) + b"</envEvento>"
    assert [one.kind for one in read(batch, "c.xml") if isinstance(one, Event)] == ["110111", "210200"]


def test_the_answer_to_an_event_is_an_event_of_its_own() -> None:
    data = cancellation(NoteBuilder(6).plan()).processed()
    answer = data[data.index(b"<retEvento") : data.index(b"</procEventoNFe>")]
    answer = answer.replace(b"<retEvento", f'<retEvento xmlns="{NFE}"'.encode(), 1)
    (found,) = read(answer, "ret.xml")
    assert isinstance(found, Event)
    assert (found.key, found.kind, found.status) == (NoteBuilder(6).key, "110111", "135")


def test_a_summary_of_an_event_is_of_a_registered_one() -> None:
    xml = f"<resEvento {HEAD}><chNFe>1</chNFe><tpEvento>110111</tpEvento><nSeqEvento>1</nSeqEvento></resEvento>"
    (found,) = read(xml.encode(), "res.xml")
    assert isinstance(found, Event)
    assert (found.kind, found.is_registered) == ("110111", True)


@pytest.mark.parametrize(
    ("xml", "status"),
    [
        (f"<protNFe {HEAD}><infProt><chNFe>{KEY}</chNFe><cStat>100</cStat></infProt></protNFe>", "100"),
        (f"<retConsSitNFe {HEAD}><cStat>217</cStat><chNFe>{KEY}</chNFe></retConsSitNFe>", "217"),
        (f"<retConsReciNFe {HEAD}><protNFe>{DUPLICATE}</protNFe></retConsReciNFe>", "204"),
        (f"<resNFe {HEAD}><chNFe>{KEY}</chNFe><cSitNFe>3</cSitNFe></resNFe>", "101"),
        (f"<retCancNFe {HEAD}><infCanc><chNFe>{KEY}</chNFe><cStat>101</cStat></infCanc></retCancNFe>", "101"),
    ],
)  # fmt: skip
def test_answers_are_protocols(xml: str, status: str) -> None:
    (found,) = read(xml.encode(), "ret.xml")
    assert isinstance(found, Protocol)
    assert (found.key, found.status) == (KEY, status)


def test_a_query_brings_its_events_along() -> None:
    event = body(cancellation(NoteBuilder(6).plan()).processed())
    xml = f"<retConsSitNFe {HEAD}><cStat>101</cStat><chNFe>1</chNFe>".encode() + event + b"</retConsSitNFe>"
    assert [type(one) for one in read(xml, "ret.xml")] == [Event, Protocol]


def test_unused_numbers_are_read() -> None:
    xml = f"<inutNFe {HEAD}><infInut>{RANGE}</infInut></inutNFe>"
    (found,) = read(xml.encode(), "inut.xml")
    assert isinstance(found, Inutilization)
    assert (found.first, found.last, found.status) == (3, 9, "")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"%PDF-1.7", "not-xml"),
        (b"PK\x03\x04zip", "not-xml"),
        (b"nothing like it", "not-xml"),
        (b"\xff\xfe<\x00a\x00", "encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "encoding"),
        (b"<a><b></a>", "malformed"),
        ("<?xml version='1.0' encoding='UTF-8'?><NFe>é</NFe>".encode("latin-1"), "malformed"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>', "doctype"),
        (b"<a>" * 300 + b"</a>" * 300, "too-deep"),
        (f"<mdfeProc><MDFe>{IN_A_MANIFEST}</MDFe></mdfeProc>".encode(), "unsupported"),
        (b"<cteProc/>", "unsupported"),
        (b"<CompNfse/>", "unsupported"),
        (b"<anything/>", "unsupported"),
        (f"<NFe {HEAD}/>".encode(), "incomplete"),
        (f"<nfeProc {HEAD}><protNFe/></nfeProc>".encode(), "incomplete"),
        (f"<evento {HEAD}><infEvento><tpEvento>110111</tpEvento></infEvento></evento>".encode(), "incomplete"),
        (f"<retConsReciNFe {HEAD}><cStat>105</cStat></retConsReciNFe>".encode(), "unsupported"),
        (f"<inutNFe {HEAD}/>".encode(), "incomplete"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, code: str) -> None:
    (found,) = read_or_explain(data, "x.xml")
    assert isinstance(found, Unreadable)
    assert found.error.code == code
    assert found.error.message_pt != found.error.message_en


def test_what_it_is_instead_is_named() -> None:
    with pytest.raises(ReadError) as caught:
        read(b"<mdfeProc/>", "x.xml")
    assert "MDF-e" in caught.value.message_pt


def test_an_entity_is_never_expanded(tmp_path: object) -> None:
    hidden = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><NFe>&x;</NFe>'
    with pytest.raises(ReadError) as caught:
        read(hidden, "x.xml")
    assert caught.value.code == "doctype"


def test_comments_and_instructions_do_not_cut_values() -> None:
    data = NoteBuilder(8).authorised().replace(b"<natOp>", b"<natOp>A<!-- x --><?y z?>B ", 1)
    (found,) = read(data, "x.xml")
    assert isinstance(found, Note)
    assert (found.ide.text("natOp") or "").startswith("AB ")


def test_blanks_before_the_declaration_are_forgiven() -> None:
    (found,) = read(b"\r\n" + NoteBuilder(8).authorised(), "x.xml")
    assert isinstance(found, Note)


def test_a_prefixed_note_is_read_like_any_other() -> None:
    (found,) = read(tampering.with_prefix(NoteBuilder(8).authorised()), "x.xml")
    assert isinstance(found, Note)
    assert found.key == NoteBuilder(8).key
