"""A list is whole when its pages prove each other, whatever order and whatever lies they came in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.pages import (
    ListPage,
    PageDoubtfulError,
    PagesRead,
    TotalChangedError,
    check_total,
    page_keys,
    read_envelope,
)


def record(number: int) -> dict[str, Any]:
    return {"numeroControlePNCP": f"00394460005887-1-{number:06}/2026"}


def page(number: int, total: int, size: int, *, shift: int = 0, lost: int = 0) -> ListPage:
    """A page of a list of so many records, moved by `shift` and short by `lost`."""
    start = max((number - 1) * size + shift, 0)
    rows = [record(n) for n in range(start, min(start + size, total))]
    return ListPage(number, total, rows[lost:], max(-(-total // size) - number, 0))


sizes = st.integers(min_value=1, max_value=7)
totals = st.integers(min_value=0, max_value=40)


@given(total=totals, size=sizes, data=st.data())
def test_pages_in_any_order_hold_every_record_once(total: int, size: int, data: st.DataObject) -> None:
    read = PagesRead(size)
    first = page(1, total, size)
    read.take(1, total, page_keys(first, size=size))
    for number in data.draw(st.permutations(read.missing(1000))):
        assert read.take(number, total, page_keys(page(number, total, size), size=size)) == []

    assert read.is_whole
    assert len(read.owners) == total


@given(total=totals, size=sizes, lies=st.lists(st.tuples(st.integers(1, 40), st.integers(-5, 5)), max_size=30))
def test_no_shifted_page_makes_a_list_whole_without_every_record(
    total: int, size: int, lies: list[tuple[int, int]]
) -> None:
    """Whatever pages come shifted: once the list counts as whole, nothing of it is missing."""
    read, last = PagesRead(size), -(-total // size)
    read.take(1, total, page_keys(page(1, total, size), size=size))
    for number, shift in lies:
        try:
            keys = page_keys(page(min(number, max(last, 1)), total, size, shift=shift), size=size)
        except PageDoubtfulError:
            continue
        read.take(min(number, max(last, 1)), total, keys)

    if read.is_whole:
        assert set(read.owners) == {record(n)["numeroControlePNCP"] for n in range(total)}


@given(total=st.integers(2, 40), size=sizes, data=st.data())
def test_two_pages_that_share_records_both_go(total: int, size: int, data: st.DataObject) -> None:
    read = PagesRead(size)
    for number in range(1, -(-total // size) + 1):
        read.take(number, total, page_keys(page(number, total, size), size=size))
    doubtful = data.draw(st.integers(1, -(-total // size)))
    other = data.draw(st.integers(1, -(-total // size)).filter(lambda n: n != doubtful or total <= size))

    wrong = read.take(other, total, read.pages[doubtful]) if other != doubtful else []

    assert wrong == ([doubtful] if other != doubtful else [])
    assert read.is_whole == (not wrong)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (page(2, 30, 10, lost=1), "9 records where 10 belong"),
        (page(3, 30, 10, shift=5), "5 records where 10 belong"),
        (ListPage(1, 3, [record(1), record(1), record(2)], 0), "repeats"),
        (ListPage(1, 20, [record(n) for n in range(10)], 0), "says that 0 pages follow"),
        (ListPage(2, 20, [record(n) for n in range(10)], 1), "says that 1 pages follow"),
        (ListPage(1, 1, [{"objetoCompra": "sem número"}], 0), "no control number"),
    ],
)
def test_a_page_that_contradicts_itself_is_doubted(made: ListPage, reason: str) -> None:
    with pytest.raises(PageDoubtfulError, match=reason):
        page_keys(made, size=10)


def test_another_total_is_said_with_both_numbers() -> None:
    check_total(page(2, 30, 10), 30)
    check_total(page(1, 30, 10), None)
    with pytest.raises(TotalChangedError, match="30 records at its beginning and has 31 now"):
        check_total(page(2, 31, 10), 30)


ENVELOPE = {"data": [record(1)], "totalRegistros": 1, "totalPaginas": 1, "numeroPagina": 1, "paginasRestantes": 0}


@pytest.mark.parametrize(
    "changed",
    [
        {"data": None},
        {"data": ["x"]},
        {"totalRegistros": None},
        {"totalRegistros": "1"},
        {"totalRegistros": -1},
        {"totalRegistros": True},
        {"totalPaginas": None, "paginasRestantes": None},
        {"numeroPagina": 2},
    ],
)
def test_what_is_no_envelope_is_no_empty_page(changed: dict[str, Any]) -> None:
    with pytest.raises(PageDoubtfulError):
        read_envelope(ENVELOPE | changed, 1)


def test_pages_that_remain_are_read_before_pages_in_all() -> None:
    assert read_envelope(ENVELOPE | {"paginasRestantes": 4, "totalPaginas": 1}, 1).remaining == 4
    assert read_envelope(ENVELOPE | {"paginasRestantes": None, "totalPaginas": 3}, 1).remaining == 2
