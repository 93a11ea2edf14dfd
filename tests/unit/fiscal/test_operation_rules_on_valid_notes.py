"""Whatever valid note is generated, the rules on operation, product, NFC-e and the reform have nothing to say."""

from __future__ import annotations

from hypothesis import given, settings
from tests.factories.nfe import NoteBuilder
from tests.factories.note_strategies import sales, shop_sales
from tests.unit.fiscal import (
    test_rules_identification,
    test_rules_nfce,
    test_rules_operation,
    test_rules_product,
    test_rules_rates,
    test_rules_reform,
    test_rules_seed,
)

from malha.fiscal.audit import audit, audit_file
from malha.fiscal.options import AuditOptions
from malha.fiscal.readers import read
from malha.fiscal.rules import all_rules

_ADDRESSED = (
    "NF-CFOP", "NF-REF", "NF-IMP", "NF-EXP", "NF-CRT", "NF-FIN", "NF-TRA", "NF-65", "NF-PRD", "RTC",
    "CFOP-", "NCM-", "VAL-", "PIS-", "ICMS-",
)  # fmt: skip
_OPTIONS = AuditOptions(only=frozenset(_ADDRESSED))


def _complaints(note: NoteBuilder) -> list[tuple[str, str, str | None]]:
    report = audit_file(note.authorised(), "nota.xml", _OPTIONS)
    return [(one.rule_id, one.xpath, one.formula) for one in report.findings]


@settings(max_examples=60, deadline=None)
@given(sales())
def test_valid_sales_break_no_rule(note: NoteBuilder) -> None:
    assert _complaints(note) == []


@settings(max_examples=25, deadline=None)
@given(shop_sales())
def test_valid_shop_sales_break_no_rule(note: NoteBuilder) -> None:
    assert _complaints(note) == []


def test_a_return_beside_its_original_breaks_no_rule() -> None:
    sale = NoteBuilder(2)
    files = [sale.authorised(), NoteBuilder(2).numbered(9).returning(sale.key).authorised()]
    documents = [document for no, data in enumerate(files) for document in read(data, f"{no}.xml")]
    assert [(finding.rule_id, finding.xpath) for finding in audit(documents, options=_OPTIONS).findings] == []


def test_the_old_layout_breaks_no_rule() -> None:
    assert _complaints(NoteBuilder(1, layout="3.10")) == []
    assert _complaints(NoteBuilder(1, model="65", layout="3.10")) == []


def test_every_rule_of_these_is_shown_firing_and_silent() -> None:
    tables = (
        test_rules_identification, test_rules_nfce, test_rules_operation, test_rules_product, test_rules_rates,
        test_rules_reform, test_rules_seed,
    )  # fmt: skip
    shown = {case.rule_id for table in tables for case in table.CASES}
    across_notes = {"ICMS-CST-INV-01", "PIS-COFINS-CST-INV-01", "NF-REF-003", "NF-REF-004", "NF-PRD-005", "NF-PRD-013"}
    edited_files = {"NF-65-394", "NF-65-397"}
    addressed = {one.id for one in all_rules() if one.id.startswith(_ADDRESSED)}
    assert addressed - shown == across_notes | edited_files
