"""IE check digits against the examples that the states publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.fiscal.state_registration import SCHEMES, is_state_registration

PUBLISHED = [
    ("AC", "0100482300112"),
    ("AL", "240000048"),
    ("AM", "999999990"),
    ("AP", "030123459"),
    ("BA", "12345663"),
    ("BA", "61234557"),
    ("BA", "100000306"),
    ("CE", "060000015"),
    ("DF", "0730000100109"),
    ("ES", "999999990"),
    ("GO", "109876547"),
    ("MA", "120000385"),
    ("MG", "0623079040081"),
    ("MS", "280000006"),
    ("MT", "00130000019"),
    ("PA", "159999995"),
    ("PB", "060000015"),
    ("PE", "032141840"),
    ("PE", "18100100000049"),
    ("PI", "012345679"),
    ("PR", "1234567850"),
    ("RJ", "99999993"),
    ("RN", "200400401"),
    ("RN", "2000400400"),
    ("RO", "101625213"),
    ("RO", "00000000625213"),
    ("RR", "240066281"),
    ("RR", "240017556"),
    ("RR", "240034290"),
    ("RS", "2243658792"),
    ("SC", "251040852"),
    ("SE", "271234563"),
    ("SP", "110042490114"),
    ("SP", "P011004243002"),
    ("TO", "29010227836"),
]


@pytest.mark.parametrize(("uf", "ie"), PUBLISHED)
def test_published_examples_are_right(uf: str, ie: str) -> None:
    assert is_state_registration(ie, uf)


def test_every_state_has_a_scheme() -> None:
    assert len(SCHEMES) == 27
    assert {uf for uf, _ in PUBLISHED} == set(SCHEMES)


@pytest.mark.parametrize(
    ("uf", "ie"), [("RJ", "99999993"), ("RS", "2243658792"), ("AP", "030123459"), ("PA", "159999995")]
)
def test_the_last_digit_decides(uf: str, ie: str) -> None:
    right = [digit for digit in range(10) if is_state_registration(f"{ie[:-1]}{digit}", uf)]
    assert right == [int(ie[-1])]


@given(st.sampled_from(["AC", "DF", "MG", "PR", "BA", "SP"]), st.text("0123456789", min_size=13, max_size=13))
def test_two_digit_schemes_take_one_pair(uf: str, digits: str) -> None:
    length = max(SCHEMES[uf])
    check = SCHEMES[uf][length]
    pairs = [pair for pair in range(100) if check(_with_pair(uf, digits[: length - 2], f"{pair:02}"))]
    assert len(pairs) == 1


def _with_pair(uf: str, body: str, pair: str) -> str:
    return body[:8] + pair[0] + body[8:] + pair[1] if uf == "SP" else body + pair


def test_missing_leading_zeros_are_supplied_and_extra_ones_dropped() -> None:
    assert is_state_registration("130000019", "MT")
    assert is_state_registration("0012345663", "BA")


@pytest.mark.parametrize(
    ("uf", "ie"), [("XX", "1"), ("SP", ""), ("SP", "ISENTO"), ("SP", "P1"), ("RJ", "000"), ("RJ", "١٢٣")]
)
def test_what_is_no_registration(uf: str, ie: str) -> None:
    assert not is_state_registration(ie, uf)
