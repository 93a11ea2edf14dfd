"""Rules that compare the notes of one audit: returns, complements and products that disagree."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from tests.factories.nfe import NoteBuilder, cancellation

from malha.fiscal.audit import audit
from malha.fiscal.findings import Finding
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read
from malha.simulators.nfe.document import Plan


def findings(rule_id: str, *files: bytes) -> list[Finding]:
    documents = [document for number, data in enumerate(files) for document in read(data, f"{number}.xml")]
    return audit(documents, options=AuditOptions(only=frozenset({rule_id}))).findings


def original() -> NoteBuilder:
    return NoteBuilder(71).with_items(2, "00")


def sold() -> Plan:
    return original().plan()


def goods_return(seed: int, value: str) -> bytes:
    note = NoteBuilder(seed).with_items(1, "00").returning(original().key)
    return note.set("total/ICMSTot/vNF", value).authorised()


def itemised_return(quantity: str) -> bytes:
    note = NoteBuilder(73).with_items(1, "00").returning(original().key)
    note.issued(datetime.fromisoformat("2026-11-10T10:00:00-03:00")).remove("ide/NFref")
    reference = f"<chaveAcesso>{original().key}</chaveAcesso><nItem>1</nItem>"
    note.add("det[1]", f"<DFeReferenciado>{reference}</DFeReferenciado>")
    unit = sold().lines[0].product.unit
    return note.set("det[1]/prod/uTrib", unit).set("det[1]/prod/qTrib", quantity).authorised()


def complement() -> bytes:
    note = NoteBuilder(74).with_items(1, "00").sold_by(sold().issuer).set("ide/finNFe", "2")
    return note.add("ide", f"<NFref><refNFe>{original().key}</refNFe></NFref>").authorised()


def same_product(seed: int, field: str = "NCM", value: str | None = None) -> bytes:
    buyer = NoteBuilder(75).plan().recipient
    assert buyer is not None
    note = NoteBuilder(seed).with_items(1, "00").sold_by(sold().issuer).bought_by(buyer)
    for tag, text in (("cProd", "P1"), ("xProd", "Produto"), ("cEAN", "7891000100103"), ("NCM", "84713012")):
        note.set(f"det[1]/prod/{tag}", text)
    if value is not None:
        note.set(f"det[1]/{field}", value)
    return note.authorised()


def test_a_return_of_more_than_was_sold_is_reported_with_the_original() -> None:
    (finding,) = findings("NF-REF-003", original().authorised(), goods_return(72, "99999999.00"))
    assert finding.xpath.endswith("ICMSTot/vNF")
    assert finding.others == (original().key,)
    assert "99999999.00" in (finding.formula or "")


def test_returns_add_up() -> None:
    total = sum((line.value for line in sold().lines), Decimal(0))
    half = str((total * 6 / 10).quantize(Decimal("0.01")))
    sale, first, second = original().authorised(), goods_return(72, half), goods_return(76, half)
    assert findings("NF-REF-003", sale, first) == []
    (finding,) = findings("NF-REF-003", sale, first, second)
    assert finding.source_name == "2.xml"


def test_a_return_without_its_original_in_the_audit_is_not_judged() -> None:
    assert findings("NF-REF-003", goods_return(72, "99999999.00")) == []


def test_an_item_that_returns_more_than_the_original_item_is_reported() -> None:
    quantity = sold().lines[0].quantity
    assert findings("NF-REF-003", original().authorised(), itemised_return(str(quantity))) == []
    (finding,) = findings("NF-REF-003", original().authorised(), itemised_return(str(quantity + 1)))
    assert (finding.n_item, finding.expected) == (1, str(quantity))


def test_a_complement_of_a_cancelled_note_is_reported() -> None:
    assert findings("NF-REF-004", original().authorised(), complement()) == []
    cancelled = cancellation(original().plan()).processed()
    (finding,) = findings("NF-REF-004", original().authorised(), complement(), cancelled)
    assert finding.others == (original().key,)
    assert "686" in (finding.formula or "")


@pytest.mark.parametrize(("status", "rejection"), [("101", "686"), ("302", "687")])
def test_a_complement_of_a_note_that_the_authoriser_undid_is_reported(status: str, rejection: str) -> None:
    undone = original().set("protNFe/infProt/cStat", status).authorised()
    (finding,) = findings("NF-REF-004", undone, complement())
    assert rejection in (finding.formula or "")


def test_one_gtin_with_two_ncm_is_reported_at_the_second_note() -> None:
    assert findings("NF-PRD-005", same_product(77), same_product(78)) == []
    (finding,) = findings("NF-PRD-005", same_product(77), same_product(78, "prod/NCM", "94036000"))
    assert (finding.source_name, finding.found, finding.expected) == ("1.xml", "94036000", "84713012")


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [("prod/NCM", "94036000", "prod/NCM"), ("imposto/ICMS/*/CST", "20", "ICMS00/CST")],
)
def test_one_product_code_with_two_classifications_is_reported(field: str, value: str, at: str) -> None:
    assert findings("NF-PRD-013", same_product(77), same_product(78)) == []
    (finding,) = findings("NF-PRD-013", same_product(77), same_product(78, field, value))
    assert finding.xpath.endswith(at)
    assert finding.source_name == "1.xml"


def test_one_product_code_with_two_cest_is_reported() -> None:
    first = same_product(77, "prod/CEST", "1600100")
    (finding,) = findings("NF-PRD-013", first, same_product(78, "prod/CEST", "1600200"))
    assert (finding.found, finding.expected) == ("1600200", "1600100")
