"""Rules hold from the day of their source on: earlier notes are not judged by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from tests.factories.nfe import NoteBuilder
from tests.factories.rule_cases import findings

from malha.fiscal.rules import Rule, Scope, all_rules
from malha.fiscal.rules._since import LAYOUT_4_00
from malha.simulators.nfe.builder import BRASILIA

_OF_ANY_NOTE = ("NF-SIG", "NF-PROT", "NF-KEY-001", "NF-KEY-002", "NF-KEY-006", "NF-ID-003", "NF-ID-007", "NF-STR-002")
"""What a file is: signed, authorised, well formed, about whom. That holds of every note there ever was."""


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_rule_on_what_a_note_says_has_a_date(rule: Rule) -> None:
    if rule.scope in {Scope.NOTE, Scope.ITEM} and not rule.id.startswith(_OF_ANY_NOTE):
        assert rule.valid_from is not None


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_date_names_where_it_was_read(rule: Rule) -> None:
    assert (rule.valid_from is None) == (rule.since is None)
    assert rule.since is None or len(rule.since.source) > len("NT 2025.002")


def test_a_date_that_nobody_read_is_of_a_layout_that_holds_alone_or_of_the_law() -> None:
    unread = {rule.since for rule in all_rules() if rule.since is not None and not rule.since.is_read}
    technical = {since for since in unread if since.source.startswith(("NT", "regra"))}
    assert all(since.day >= LAYOUT_4_00.day for since in technical)


def _on(day: str, note: NoteBuilder) -> NoteBuilder:
    return note.issued(datetime.fromisoformat(f"{day}T10:30:00").replace(tzinfo=BRASILIA))


def _no_margin() -> NoteBuilder:
    return NoteBuilder(811).with_items(1, "10").remove("det[1]/imposto/ICMS/*/pMVAST")


def _items_out_of_order() -> NoteBuilder:
    return NoteBuilder(812).with_items(2, "00").set("det[2]/@nItem", "7")


@pytest.mark.parametrize(
    ("rule_id", "note", "before", "since"),
    [("NF-ST-005", _no_margin, "2019-09-01", "2019-09-02"),
     ("NF-STR-005", _items_out_of_order, "2019-09-01", "2019-09-02")],
)  # fmt: skip
def test_a_rule_is_silent_until_its_note_was_in_force(
    rule_id: str, note: Callable[[], NoteBuilder], before: str, since: str
) -> None:
    assert findings(rule_id, _on(before, note())) == []
    assert len(findings(rule_id, _on(since, note()))) == 1


def test_no_margin_is_missed_where_there_is_no_base() -> None:
    note = _no_margin().set("det[1]/imposto/ICMS/*/vBCST", "0.00").set("det[1]/imposto/ICMS/*/vICMSST", "0.00")
    assert findings("NF-ST-005", note) == []


def test_a_code_of_return_stood_in_any_note_before_there_was_a_purpose_for_it() -> None:
    rule = next(rule for rule in all_rules() if rule.id == "NF-CFOP-009")
    assert rule.layouts == {"3.10", "4.00"}


def test_a_note_without_its_date_is_judged_by_the_month_in_its_key() -> None:
    note = NoteBuilder(813).with_items(1, "00").set("det[1]/prod/vProd", "1.00").remove("ide/dhEmi")
    assert len(findings("VAL-ERR-01", note)) == 1
    assert findings("RTC-001", NoteBuilder(814).with_items(1, "00").issued(
        datetime(2024, 1, 5, tzinfo=BRASILIA)).remove("ide/dhEmi")) == []  # fmt: skip


def test_rules_start_no_later_than_they_end() -> None:
    assert all(rule.valid_to is None or (rule.valid_from or date.min) <= rule.valid_to for rule in all_rules())
