"""One file from bytes to a result: every kind is told what it is, and nothing that a file does is raised."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable

import pytest

from malha.fiscal import leaves
from malha.fiscal.briefs import BriefReader, brief_of, pack_briefs
from malha.fiscal.judgement import DocumentStatus
from malha.fiscal.leaves import AuditedFile, audit_file_or_archive, audit_leaf
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read_or_explain
from malha.simulators.nfe import NoteBuilder, samples

NFE = "http://www.portalfiscal.inf.br/nfe"
SEFAZ = "http://www.portalfiscal.inf.br"
PLAIN = AuditOptions()
MARK = b"\xef\xbb\xbf"


def note(number: int = 1) -> bytes:
    return NoteBuilder(number).authorised()


def body(number: int = 1) -> str:
    """A note without its XML declaration, to be put into something else."""
    return note(number).decode().partition("?>")[2]


def audited(data: bytes | str, name: str = "a.xml") -> AuditedFile:
    return audit_leaf(data.encode() if isinstance(data, str) else data, name, PLAIN)


def kinds(file: AuditedFile) -> list[str]:
    return [document.facts.kind for document in file.documents]


def rules(file: AuditedFile) -> set[str]:
    return {finding.rule_id for document in file.documents for finding in document.findings}


def soap(inner: str) -> str:
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Header/><s:Body>'
        f'<r:nfeResultMsg xmlns:r="{NFE}/wsdl/NFeAutorizacao4">{inner}</r:nfeResultMsg></s:Body></s:Envelope>'
    )


ENVELOPES = [
    soap(body()),
    soap(f"<![CDATA[{body()}]]>"),
    soap(body().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
    f"<nfeDadosMsg>{body()}</nfeDadosMsg>",
    f"<notas>\n  {body()}\n</notas>",
    f"<a><b><c xmlns='urn:x'>{body()}</c></b></a>",
    f'<retDistDFeInt xmlns="{NFE}" versao="1.01"><loteDistDFeInt><docZip NSU="1" schema="procNFe_v4.00.xsd">'
    f"{base64.b64encode(gzip.compress(note())).decode()}</docZip></loteDistDFeInt></retDistDFeInt>",
]


@pytest.mark.parametrize("data", ENVELOPES)
def test_a_note_in_an_envelope_is_judged_as_it_is_alone(data: str) -> None:
    file = audited(data)
    assert kinds(file) == ["nfe"]
    assert (file.documents[0].status, rules(file)) == (DocumentStatus.OK, rules(audited(note())))


@pytest.mark.parametrize("wrap", [soap, "<notas>{}</notas>".format])
def test_a_changed_note_in_an_envelope_is_found_out(wrap: Callable[[str], str]) -> None:
    changed = body().replace("<natOp>", "<natOp>X", 1)
    assert "NF-SIG-002" in rules(audited(wrap(changed))) == rules(audited(changed))


def test_several_notes_under_a_root_of_their_own_are_all_judged() -> None:
    wrong = body(2).replace("<natOp>", "<natOp>X", 1)
    file = audited(f'<?xml version="1.0" encoding="UTF-8"?><notas>{body(1)}{wrong}{body(3)}</notas>')
    assert [document.status for document in file.documents] == [
        DocumentStatus.OK,
        DocumentStatus.ERROR,
        DocumentStatus.OK,
    ]
    assert {finding.xpath.partition("/NFe")[0] for finding in file.documents[1].findings} == {"/notas/nfeProc[2]"}


def test_another_kind_among_notes_is_named_in_its_place() -> None:
    file = audited(f"<lote>{body(1)}<cteProc xmlns='{SEFAZ}/cte'/>{body(2)}</lote>")
    assert kinds(file) == ["nfe", "unsupported", "nfe"]
    assert "CT-e" in (file.documents[1].facts.message_pt or "")


def test_a_broken_note_among_others_is_its_own_failure() -> None:
    file = audited(f"<lote>{body(1)}<nfeProc xmlns='{NFE}'/></lote>")
    assert kinds(file) == ["nfe", "unreadable"]
    assert [document.score for document in file.documents] == [0, 99]
    assert [finding.rule_id for finding in file.documents[1].findings] == ["IMPORT-FAIL"]


@pytest.mark.parametrize("data", [*ENVELOPES, f"<lote>{body(1)}<x/>{body(2)}<cteProc xmlns='{SEFAZ}/cte'/></lote>"])
def test_every_document_of_an_envelope_has_its_brief(data: str) -> None:
    documents = read_or_explain(data.encode(), "a.xml")
    briefs = pack_briefs(documents)
    assert briefs is not None
    assert BriefReader().read(briefs, name="a.xml") == [brief_of(document) for document in documents]


NAMED = [
    (f"<mdfeProc xmlns='{SEFAZ}/mdfe'><MDFe><infMDFe><infNFe><chNFe>1</chNFe></infNFe></infMDFe></MDFe></mdfeProc>",
     "MDF-e"),
    (f"<anyNewRoot xmlns='{SEFAZ}/mdfe'/>", "MDF-e"),
    ("<enviMDFe/>", "MDF-e"),
    (f"<cteProc xmlns='{SEFAZ}/cte'><CTe><infCte><infNFe><chave>1</chave></infNFe></infCte></CTe></cteProc>", "CT-e"),
    (f"<CTeSimp xmlns='{SEFAZ}/cte'/>", "CT-e"),
    (soap(f"<cteProc xmlns='{SEFAZ}/cte'/>"), "CT-e"),
    (f"<nfcomProc xmlns='{SEFAZ}/nfcom'/>", "NFCom"),
    ("<CompNfse xmlns='http://www.abrasf.org.br/nfse.xsd'><Nfse/></CompNfse>", "municipal"),
    ("<ConsultarNfseRpsResposta/>", "municipal"),
    ("<EnviarLoteRpsEnvio xmlns='http://www.ginfes.com.br/servico_enviar_lote_rps_envio_v03.xsd'/>", "municipal"),
    ("<RetornoConsulta xmlns='http://www.prefeitura.sp.gov.br/nfe'><NFe xmlns=''><ChaveNFe/></NFe></RetornoConsulta>",
     "municipal"),
    ("<NFe><ChaveNFe><NumeroNFe>1</NumeroNFe></ChaveNFe></NFe>", "municipal"),
    ("<NFSe xmlns='http://www.sped.fazenda.gov.br/nfse'><infNFSe/></NFSe>", "padrão nacional"),
    ("<DPS xmlns='http://www.sped.fazenda.gov.br/nfse'/>", "padrão nacional"),
    ("<nfeDadosMsg><consStatServ/></nfeDadosMsg>", "consulta"),
    (soap(""), "SOAP"),
    (f"<retEnviNFe xmlns='{NFE}'><cStat>103</cStat><xMotivo>Lote recebido</xMotivo><infRec><nRec>1</nRec></infRec>"
     "</retEnviNFe>", "recibo"),
    (f"<retConsSitNFe xmlns='{NFE}'><cStat>217</cStat><xMotivo>NF-e nao consta</xMotivo></retConsSitNFe>", "217"),
    (f"<retConsReciNFe xmlns='{NFE}'><cStat>105</cStat></retConsReciNFe>", "recibo"),
    (f"<retDistDFeInt xmlns='{NFE}'><cStat>137</cStat></retDistDFeInt>", "distribuição"),
    ("<x/>", "desconhecido"),
    ("<html><body/></html>", "HTML"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "word"), NAMED)
def test_a_kind_that_is_not_audited_is_named_and_is_no_fault(data: str, word: str) -> None:
    file = audited(data)
    [document] = file.documents
    assert (document.status, document.score) == (DocumentStatus.UNSUPPORTED, 0)
    assert word in (document.facts.message_pt or "")
    assert [finding.rule_id for finding in document.findings] == ["NF-STR-008"]
    assert file.briefs is None


def test_a_protocol_without_its_note_is_told_as_what_it_is() -> None:
    key = NoteBuilder(1).key
    told = audited(f"<protNFe xmlns='{NFE}'><infProt><chNFe>{key}</chNFe><cStat>100</cStat></infProt></protNFe>")
    assert "A nota não está neste documento" in (told.documents[0].facts.message_pt or "")
    assert key in (told.documents[0].facts.message_en or "")


@pytest.mark.parametrize("inside", ["", "<chNFe/><cStat>100</cStat>", "<cStat>100</cStat>", "<chNFe>{}</chNFe>"])
def test_an_empty_protocol_is_no_protocol(inside: str) -> None:
    filled = inside.format(NoteBuilder(1).key)
    file = audited(f"<protNFe xmlns='{NFE}'><infProt>{filled}</infProt></protNFe>")
    assert kinds(file) == ["unreadable"]


@pytest.mark.parametrize(
    "opening",
    [
        MARK + b"\n",
        MARK + b" \t\r\n",
        MARK + MARK,
        b"\n" + MARK,
        MARK + b"\n" + MARK + b" ",
        MARK.decode("latin-1").encode(),
    ],
)
def test_marks_and_blanks_before_the_xml_are_read_over(opening: bytes) -> None:
    file = audited(opening + note())
    assert (kinds(file), file.documents[0].status) == (["nfe"], audited(MARK + note()).documents[0].status)


def test_a_fault_of_the_program_is_the_files_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(leaves, "pack_briefs", fail)
    file = audited(note())
    assert kinds(file) == ["unreadable"]
    assert "KeyError" in (file.documents[0].facts.message_pt or "")
    assert "test_leaves.py" in (file.crash or "")


def test_a_failure_is_told_whatever_rules_are_chosen() -> None:
    for options in (AuditOptions(only=frozenset({"NF-KEY"})), AuditOptions(skip=frozenset({"IMPORT", "NF-STR"}))):
        assert rules(audit_leaf(b"<NFe", "a.xml", options)) == {"IMPORT-FAIL"}
        assert rules(audit_leaf(b"<x/>", "a.xml", options)) == {"NF-STR-008"}


def test_a_result_survives_its_way_through_json() -> None:
    for name, data in (*samples(), ("x.xml", b"<x/>"), ("y.xml", b"<y"), ("z.pdf", b"%PDF")):
        file = audit_leaf(data, name, PLAIN)
        assert AuditedFile.load(json.loads(json.dumps(file.as_json()))) == file


def test_options_survive_their_way_through_json() -> None:
    for options in (PLAIN, AuditOptions(only=frozenset({"NF-"}), own_companies=frozenset({"11222333000181"}))):
        assert AuditOptions.load(json.loads(json.dumps(options.as_json()))) == options


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


def test_what_lies_beside_the_xml_in_an_archive_is_left_out() -> None:
    inner = zipped({"b.XML": note(2), "b.pdf": b"%PDF"})
    data = zipped(
        {"a.xml": note(1), "a.xml.p7s": b"0\x82", "leia.txt": b"oi", "pagina.html": b"<html/>", "lote.ZIP": inner}
    )
    files = list(audit_file_or_archive(data, "notas.zip", PLAIN))
    assert [(file.name, file.left_out) for file in files] == [
        ("notas.zip/a.xml", None),
        ("notas.zip/a.xml.p7s", "p7s"),
        ("notas.zip/leia.txt", "txt"),
        ("notas.zip/pagina.html", "html"),
        ("notas.zip/lote.ZIP/b.XML", None),
        ("notas.zip/lote.ZIP/b.pdf", "pdf"),
    ]
    assert all(not file.documents for file in files if file.left_out)


def test_a_note_under_another_extension_is_audited_all_the_same() -> None:
    [file] = audit_file_or_archive(zipped({"nota.txt": note()}), "notas.zip", PLAIN)
    assert kinds(file) == ["nfe"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (zipped({}), DocumentStatus.ERROR),
        (b"PK\x03\x04 broken", DocumentStatus.ERROR),
        (zipped({"a.pdf": b"%PDF"}), DocumentStatus.UNSUPPORTED),
    ],
)
def test_an_archive_without_documents_is_told(data: bytes, status: DocumentStatus) -> None:
    told = [document.status for file in audit_file_or_archive(data, "a.zip", PLAIN) for document in file.documents]
    assert told == [status]
