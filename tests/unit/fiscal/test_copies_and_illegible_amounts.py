"""One document seen twice is one document, and what cannot be read is not zero."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.factories.nfe import NoteBuilder, tampering
from tests.factories.samples import IS_A_SAMPLE

from malha.fiscal.audit import AuditReport, audit
from malha.fiscal.findings import Severity
from malha.fiscal.readers import read_or_explain
from malha.simulators.nfe.builder import BRASILIA


def note() -> NoteBuilder:
    return NoteBuilder(821).with_items(2, "00")


def report(*files: bytes) -> AuditReport:
    return audit([document for no, data in enumerate(files) for document in read_or_explain(data, f"{no}.xml")])


def told(*files: bytes) -> list[tuple[str, Severity]]:
    findings = [finding for finding in report(*files).findings if finding.rule_id != IS_A_SAMPLE]
    return sorted((finding.rule_id, finding.severity) for finding in findings)


@pytest.mark.parametrize("order", [1, -1])
def test_a_note_beside_its_own_authorised_file_is_one_document(order: int) -> None:
    files = (note().signed(), note().authorised())[::order]
    assert told(*files) == [("NF-DUP-001", Severity.INFO)]


def test_the_same_file_twice_is_one_document() -> None:
    assert told(note().authorised(), note().authorised()) == [("NF-DUP-001", Severity.INFO)]


def test_a_note_beside_the_authorised_file_of_another_content_stands_unproved() -> None:
    other = note().set("infAdic/infCpl", "Outro texto")
    found = dict(told(other.signed(), note().authorised()))
    assert found["NF-DUP-001"] is Severity.CRITICAL
    assert found["NF-PROT-001"] is Severity.HIGH


def test_a_copy_that_was_changed_is_not_the_same_note() -> None:
    changed = tampering.changed(note().authorised(), "det[1]/prod/xProd", "Outro produto")
    found = dict(told(note().authorised(), changed))
    assert found["NF-DUP-001"] is Severity.CRITICAL
    assert found["NF-SIG-002"] is Severity.CRITICAL


def test_a_copy_that_was_only_indented_is_the_same_note() -> None:
    found = dict(told(note().authorised(), tampering.reindented(note().authorised())))
    assert found["NF-DUP-001"] is Severity.INFO


ILLEGIBLE = [
    "det[1]/prod/vProd", "det[1]/prod/qCom", "det[1]/prod/vFrete", "det[1]/imposto/ICMS/*/vBC",
    "det[1]/imposto/ICMS/*/vICMS", "det[1]/imposto/ICMS/*/pICMS", "det[1]/imposto/PIS/*/vPIS",
    "det[1]/imposto/COFINS/*/vBC", "det[1]/imposto/IBSCBS/gIBSCBS/vBC", "det[1]/imposto/IBSCBS/gIBSCBS/gCBS/vCBS",
    "det[1]/vItem", "total/ICMSTot/vProd", "total/ICMSTot/vNF", "total/ICMSTot/vICMS", "total/ICMSTot/vFrete",
    "total/IBSCBSTot/vBCIBSCBS", "total/vNFTot", "cobr/fat/vLiq", "cobr/fat/vDesc", "cobr/dup[1]/vDup",
    "pag/detPag/vPag",
]  # fmt: skip


@pytest.mark.parametrize("text", ["dez", "1.234,56", "NaN", "1e3"])
@pytest.mark.parametrize("path", ILLEGIBLE)
def test_an_amount_that_cannot_be_read_is_refused_and_nothing_is_computed_from_it(path: str, text: str) -> None:
    written = note().with_freight("10.00").set(path, text)
    findings = [one for one in report(written.authorised()).findings if one.severity is not Severity.INFO]
    assert [(one.rule_id, one.found) for one in findings] == [("NF-STR-002", text)]


def test_lots_of_an_illegible_quantity_are_not_added() -> None:
    lot = "<nLote>1</nLote><qLote>dez</qLote><dFab>2026-01-01</dFab><dVal>2028-01-01</dVal>"
    group = "<med><cProdANVISA>1234567890123</cProdANVISA><vPMC>99999.00</vPMC></med>"
    medicine = note().set("det[1]/prod/NCM", "30049099").add("det[1]/prod", f"<rastro>{lot}</rastro>{group}")
    assert {rule for rule, _ in told(medicine.authorised())} == {"NF-STR-002"}


def test_the_code_of_a_retail_note_is_asked_for_where_it_belongs_and_since_it_exists() -> None:
    data = NoteBuilder(822, model="65").authorised()
    start, end = data.index(b"<infNFeSupl>"), data.index(b"</infNFeSupl>") + len(b"</infNFeSupl>")
    (finding,) = [one for one in report(data[:start] + data[end:]).findings if one.rule_id == "NF-65-394"]
    assert finding.xpath == "/nfeProc/NFe/infNFeSupl/qrCode"
    early = NoteBuilder(822, model="65", layout="3.10").issued(datetime(2015, 5, 5, tzinfo=BRASILIA)).authorised()
    start, end = early.index(b"<infNFeSupl>"), early.index(b"</infNFeSupl>") + len(b"</infNFeSupl>")
    assert "NF-65-394" not in {rule for rule, _ in told(early[:start] + early[end:])}
