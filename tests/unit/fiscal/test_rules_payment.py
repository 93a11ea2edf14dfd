"""Rules on payments and instalments: each fires on its own mutation and is silent on the note before it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import RuleCase, assert_fires, assert_silent, findings

from malha.fiscal.findings import Severity


def cash() -> NoteBuilder:
    return NoteBuilder(71).paid("01")


def with_change() -> NoteBuilder:
    return NoteBuilder(72).paid("01", "03", change="5.00")


def card() -> NoteBuilder:
    return NoteBuilder(73).paid("03")


def pix() -> NoteBuilder:
    return NoteBuilder(74).paid("17")


def returned() -> NoteBuilder:
    return NoteBuilder(75).returning(NoteBuilder(76).key)


def consumer_note() -> NoteBuilder:
    return NoteBuilder(77, model="65")


def instalments() -> NoteBuilder:
    return NoteBuilder(78).in_instalments(3)


CASES = [
    RuleCase("NF-PAY-001", "paid too little", cash, (("set", "pag/detPag/vPag", "1.00"),), "pag/detPag"),
    RuleCase("NF-PAY-001", "in a consumer note", consumer_note, (("set", "pag/detPag/vPag", "0.50"),), "pag/detPag"),
    RuleCase("NF-PAY-002", "no change", with_change, (("remove", "pag/vTroco"),), "pag/vTroco"),
    RuleCase("NF-PAY-002", "other change", with_change, (("set", "pag/vTroco", "9.00"),), "pag/vTroco"),
    RuleCase("NF-PAY-002", "change of nothing", cash, (("set", "pag/vTroco", "9.00"),), "pag/vTroco"),
    RuleCase("NF-PAY-003", "return that is paid", returned, (("set", "pag/detPag/tPag", "01"),), "detPag/tPag"),
    RuleCase("NF-PAY-003", "unpaid consumer note", consumer_note, (("set", "pag/detPag/tPag", "90"),), "detPag/tPag"),
    RuleCase("NF-PAY-003", "value without payment", cash, (("set", "pag/detPag/tPag", "90"),), "detPag/vPag"),
    RuleCase("NF-PAY-004", "card", card, (("remove", "pag/detPag/card"),), "detPag/card"),
    RuleCase("NF-PAY-004", "Pix", pix, (("remove", "pag/detPag/card"),), "detPag/card"),
    RuleCase("NF-PAY-004", "integrated without authorisation", card,
             (("set", "pag/detPag/card/tpIntegra", "1"), ("remove", "pag/detPag/card/cAut")), "card/cAut"),
    RuleCase("NF-PAY-005", "unknown code", cash, (("set", "pag/detPag/tPag", "77"),), "detPag/tPag"),
    RuleCase("NF-PAY-005", "code of earlier years", cash, (("set", "pag/detPag/tPag", "14"),), "detPag/tPag"),
    RuleCase("NF-PAY-005", "other without words", cash, (("set", "pag/detPag/tPag", "99"),), "detPag/xPag"),
    RuleCase("NF-DUP-101", "net", instalments, (("set", "cobr/fat/vLiq", "1.00"),), "fat/vLiq"),
    RuleCase("NF-DUP-101", "discount", instalments, (("set", "cobr/fat/vDesc", "99999999.00"),), "fat/vDesc"),
    RuleCase("NF-DUP-102", "sum", instalments, (("set", "cobr/dup[2]/vDup", "1.00"),), "cobr/dup"),
    RuleCase("NF-DUP-103", "no due date", instalments, (("remove", "cobr/dup[2]/dVenc"),), "dup[2]/dVenc"),
    RuleCase("NF-DUP-103", "due before issue", instalments,
             (("set", "cobr/dup[1]/dVenc", "2026-05-11"),), "dup[1]/dVenc"),
    RuleCase("NF-DUP-103", "out of order", instalments, (("set", "cobr/dup[2]/dVenc", "2026-05-20"),), "dup[2]/dVenc"),
    RuleCase("NF-DUP-103", "number", instalments, (("set", "cobr/dup[3]/nDup", "3"),), "dup[3]/nDup"),
    RuleCase("NF-DUP-104", "net", instalments, (("set", "cobr/fat/vLiq", "1.00"),), "fat/vLiq"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_fires_where_the_payment_was_made_wrong(case: RuleCase) -> None:
    assert_fires(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule_is_silent_on_the_note_before_the_mutation(case: RuleCase) -> None:
    assert_silent(case)


def test_a_cent_missing_from_payments_is_a_low_finding() -> None:
    (short,) = findings("NF-PAY-001", cash().set("pag/detPag/vPag", "1.00"))
    value = Decimal(short.expected or "")
    assert short.severity is Severity.HIGH
    (finding,) = findings("NF-PAY-001", cash().set("pag/detPag/vPag", str(value - Decimal("0.01"))))
    assert finding.severity is Severity.LOW


@pytest.mark.parametrize(
    ("code", "day", "known"),
    [
        ("91", "2025-11-02", False),
        ("91", "2025-11-03", True),
        ("20", "2024-06-30", False),
        ("20", "2024-07-01", True),
        ("23", "2026-05-03", False),
        ("23", "2026-05-04", True),
        ("14", "2021-08-31", True),
        ("14", "2021-09-01", False),
    ],
)
def test_payment_table_follows_the_day_of_issue(code: str, day: str, known: bool) -> None:
    note = cash().issued(datetime.fromisoformat(f"{day}T12:00:00-03:00")).set("pag/detPag/tPag", code)
    assert (findings("NF-PAY-005", note) == []) is known


def test_instalment_numbers_were_free_before_2019() -> None:
    note = instalments().issued(datetime.fromisoformat("2018-08-10T12:00:00-03:00"))
    assert findings("NF-DUP-103", note.set("cobr/dup[1]/nDup", "48/1-3")) == []


def test_net_value_explained_by_withholding_is_accepted() -> None:
    value = Decimal(findings("NF-DUP-104", instalments().set("cobr/fat/vLiq", "1.00"))[0].expected or "")
    note = instalments().add("total", "<retTrib><vRetPIS>6.50</vRetPIS><vIRRF>3.50</vIRRF></retTrib>")
    assert findings("NF-DUP-104", note.set("cobr/fat/vLiq", str(value - 10))) == []


def test_net_value_explained_by_a_stated_discount_is_accepted() -> None:
    value = Decimal(findings("NF-DUP-104", instalments().set("cobr/fat/vLiq", "1.00"))[0].expected or "")
    note = instalments().set("cobr/fat/vDesc", "10.00").set("cobr/fat/vLiq", str(value - 10))
    assert findings("NF-DUP-104", note) == []


def test_gifts_delivered_with_a_sale_are_not_billed() -> None:
    """An authorised note of the field bills its sale and not the bonus items (CFOP x910) that it also delivers."""
    plan = instalments().plan()
    note = instalments().set("det[1]/prod/CFOP", "5910")
    billed = sum((line.value for line in plan.lines[1:]), Decimal(0))
    assert findings("NF-DUP-104", note.set("cobr/fat/vLiq", str(billed))) == []


def test_notes_without_billing_are_silent() -> None:
    for rule_id in ("NF-DUP-101", "NF-DUP-102", "NF-DUP-103", "NF-DUP-104"):
        assert findings(rule_id, cash()) == []
