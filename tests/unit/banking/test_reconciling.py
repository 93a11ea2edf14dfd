"""Entries told apart: files overlap and repeat, equal transactions exist, and each is written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from malha.banking.rules.entries import Direction, Entry, Source
from malha.banking.rules.reconciling import Known, reconcile
from malha.kit.ids import new_id

DAY = date(2026, 3, 2)


def entry(amount: str = "10.00", text: str = "PIX", *, day: date = DAY, **fields: Any) -> Entry:
    return Entry(day, Decimal(amount), Direction.DEBIT, datetime(2026, 3, 2, tzinfo=UTC), text, **fields)


class Book:
    """An account in memory."""

    def __init__(self) -> None:
        self.rows: list[Known] = []
        self.identities: set[bytes] = set()

    def take(self, *entries: Entry, source: Source = Source.OFX) -> int:
        plan = reconcile(entries, self.rows, source)
        assert len(plan.new) + len(plan.known) == len(entries)
        assert len({id_ for id_, _ in plan.known}) == len(plan.known)
        for each, identity in plan.new:
            assert identity not in self.identities
            self.identities.add(identity)
            row = (each.day, each.amount, each.direction, each.description, source, each.fitid, each.provider_id)
            self.rows.append(Known(new_id(), *row))
        return len(plan.new)

    def texts(self) -> list[str]:
        return sorted(row.description for row in self.rows)


def test_the_same_file_again_adds_nothing() -> None:
    book = Book()
    entries = [entry(), entry(), entry("20.00"), entry(text="TARIFA", fitid="1")]
    assert book.take(*entries) == 4
    assert book.take(*entries) == 0


def test_two_equal_transactions_of_one_day_both_exist_however_the_files_overlap() -> None:
    book = Book()
    assert book.take(entry()) == 1  # the morning's export
    assert book.take(entry(), entry()) == 1  # the whole day's
    assert book.take(entry(), entry(), entry(day=date(2026, 3, 3))) == 1
    assert len(book.rows) == 3


def test_the_order_of_a_file_does_not_matter() -> None:
    for order in permutations([entry(text="A"), entry(text="B"), entry(text="A")]):
        book = Book()
        book.take(entry(text="A"))
        assert book.take(*order) == 2
        assert book.texts() == ["A", "A", "B"]


def test_other_words_in_the_same_format_are_another_transaction_and_in_another_format_the_same() -> None:
    book = Book()
    book.take(entry(text="PIX ENVIADO FULANO"))
    assert book.take(entry(text="TED PARA BELTRANO")) == 1
    assert book.take(entry(text="Transferencia 1"), entry(text="Transferencia 2"), source=Source.CSV) == 0
    assert book.take(*[entry(text=f"Transferencia {number}") for number in range(3)], source=Source.CSV) == 1


def test_a_description_that_the_bank_completes_later_is_recognised_by_its_fitid() -> None:
    book = Book()
    book.take(entry(text="PIX", fitid="F1"))
    assert book.take(entry(text="PIX FULANO DE TAL", fitid="F1")) == 0


def test_fitids_that_change_with_each_export_add_nothing() -> None:
    book = Book()
    book.take(entry(fitid="001"), entry("5.00", fitid="002"))
    assert book.take(entry(fitid="101"), entry("5.00", fitid="001")) == 0


def test_fitids_that_count_anew_in_every_file_hide_no_entry() -> None:
    book = Book()
    book.take(entry(text="ALUGUEL", fitid="1"))
    assert book.take(entry(text="CONDOMINIO", fitid="1"), entry(text="ALUGUEL", fitid="2")) == 1
    assert book.texts() == ["ALUGUEL", "CONDOMINIO"]


def test_a_fitid_that_a_file_repeats_is_none() -> None:
    book = Book()
    book.take(entry(text="A", fitid="000000"))
    assert book.take(entry(text="B", fitid="000000"), entry(text="C", fitid="000000")) == 2
    assert book.take(*[entry(text=text, fitid="000000") for text in "CAB"]) == 0


def test_two_ids_of_one_provider_are_two_transactions() -> None:
    book = Book()
    book.take(entry(provider_id="a"), source=Source.PLUGGY)
    assert book.take(entry(provider_id="b"), source=Source.PLUGGY) == 1
    assert book.take(entry(), entry()) == 0


CONTENTS = st.tuples(st.sampled_from(["10.00", "20.00"]), st.sampled_from(["A", "B"]), st.integers(1, 3))


LIES: list[Callable[[int], str | None]] = [lambda _no: None, lambda _no: "", lambda _no: "000000", str]
"""FITIDs by the places of entries in a file: none, empty, always the same, counted anew."""


@given(days=st.lists(st.lists(CONTENTS, max_size=4), min_size=1, max_size=4), data=st.data())
def test_any_files_of_whole_days_in_any_order_lead_to_the_bank_s_own_list(
    days: Sequence[Sequence[tuple[str, str, int]]], data: st.DataObject
) -> None:
    truth = [
        [entry(amount, text, day=date(2026, 3, 1 + no)) for amount, text, count in contents for _ in range(count)]
        for no, contents in enumerate(days)
    ]
    book = Book()
    spans = data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=5))
    for first, last in [*spans, (0, len(truth) - 1)]:
        told = [each for day in truth[first : last + 1] for each in day]
        lie = data.draw(st.sampled_from(LIES))
        book.take(*[replace(each, fitid=lie(no)) for no, each in enumerate(data.draw(st.permutations(told)))])
    expected = Counter((each.day, each.amount, each.description) for day in truth for each in day)
    assert Counter((row.day, row.amount, row.description) for row in book.rows) == expected
