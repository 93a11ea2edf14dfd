"""Whatever valid note is generated, the arithmetic rules have nothing to say."""

from __future__ import annotations

from hypothesis import given, settings
from tests.factories.nfe import NoteBuilder
from tests.factories.note_strategies import sales, shop_sales

from malha.fiscal.audit import audit_file
from malha.fiscal.options import AuditOptions
from malha.fiscal.rules import all_rules

ARITHMETIC = frozenset(
    {"NF-ITM", "NF-ICMS", "NF-FCP", "NF-ST-", "NF-DIFAL", "NF-IPI", "NF-PIS", "NF-COF", "NF-ISS", "NF-PMC", "NF-TOT",
     "NF-RET", "NF-PAY", "NF-DUP-1"}
)  # fmt: skip
_OPTIONS = AuditOptions(only=ARITHMETIC)


def _complaints(note: NoteBuilder) -> list[tuple[str, str, str | None]]:
    report = audit_file(note.authorised(), "nota.xml", _OPTIONS)
    return [(one.rule_id, one.xpath, one.formula) for one in report.findings]


@settings(max_examples=60, deadline=None)
@given(sales())
def test_valid_sales_break_no_arithmetic_rule(note: NoteBuilder) -> None:
    assert _complaints(note) == []


@settings(max_examples=25, deadline=None)
@given(shop_sales())
def test_valid_shop_sales_break_no_arithmetic_rule(note: NoteBuilder) -> None:
    assert _complaints(note) == []


def test_returns_and_the_old_layout_break_no_arithmetic_rule() -> None:
    assert _complaints(NoteBuilder(1).returning(NoteBuilder(2).key)) == []
    assert _complaints(NoteBuilder(1, layout="3.10")) == []


def test_the_property_looks_at_all_arithmetic_rules() -> None:
    assert sum(one.id.startswith(tuple(ARITHMETIC)) for one in all_rules()) == 65
