"""A CNPJ has one reading however it is written; what has none is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj

from malha.fiscal.identifiers import is_cpf
from malha.kit.refusals import ValueRefusedError
from malha.suppliers.rules.cnpj import normalize_cnpj, read_tax_id

CNPJ = "11222333000181"
WAYS = [
    "{}", " {} ", "\u200b{}", "{}\u200b", "\u00a0{}\u00a0", "'{}", "\u2019{}", '="{}"', "{}.0", "{},00", "CNPJ {}",
    "CNPJ: {}", "cnpj/mf n\u00ba {}", "\ufeff{}", "\u202a{}\u202c",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cnpj", [CNPJ, "01759898000149", "00000000000191"])
def test_it_is_read_in_every_way_and_without_the_zeros_before_it(way: str, cnpj: str) -> None:
    assert read_tax_id(way.format(cnpj)) == cnpj
    assert read_tax_id(way.format(cnpj.lstrip("0"))) == cnpj


@pytest.mark.parametrize("dash", "-\u2010\u2011\u2013\u2014\u2212")
@pytest.mark.parametrize("slash", "/\u2044\u2215")
def test_punctuation_may_look_like_it(dash: str, slash: str) -> None:
    assert normalize_cnpj(f"11.222.333{slash}0001{dash}81") == CNPJ
    assert normalize_cnpj(f"1.759.898{slash}0001{dash}49") == "01759898000149"


def test_letters_are_digits() -> None:
    assert read_tax_id("12.abc.345/01de-35") == OFFICIAL_ALPHANUMERIC


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,23457E+13", "notação científica"),
        ("1.23457E+13", "notação científica"),
        ("1,12223330001E+13", "notação científica"),
        ("1e13", "notação científica"),
        ("11222333000000", "notação científica"),
        ("100000037", "pode ser um CPF"),
        ("112223330001811", "mais de 14"),
        ("Oficina de Exemplo", "não é um CNPJ"),
        ("A DEFINIR", "não é um CNPJ"),
        ("-", "não é um CNPJ"),
        ("11222333000181; 00000000000191", "não é um CNPJ"),
        ("", "não é um CNPJ"),
    ],
)
def test_what_is_none_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueRefusedError) as raised:
        read_tax_id(text)
    assert words in raised.value.message("pt")
    assert raised.value.message("en") != raised.value.message("pt")
    assert normalize_cnpj(text) is None


@pytest.mark.parametrize("text", ["11222333000180", "190", "12ABC34501DE36"])
def test_wrong_check_digits_are_left_to_be_judged(text: str) -> None:
    assert read_tax_id(text) == text
    assert normalize_cnpj(text) is None


@pytest.mark.parametrize("text", ["529.982.247-25", "52998224725", "'52998224725", "CPF: 529.982.247-25"])
def test_a_person_is_told_apart(text: str) -> None:
    found = read_tax_id(text)
    assert (found, is_cpf(found), normalize_cnpj(text)) == ("52998224725", True, None)


@given(st.integers(1, 99_999_999))
def test_lost_zeros_come_back_or_nothing_is_said(number: int) -> None:
    cnpj = make_cnpj(number)
    written = cnpj.lstrip("0")
    may_be_a_person = 9 <= len(written) <= 11 and is_cpf(written.zfill(11))
    assert normalize_cnpj(written) == (None if may_be_a_person else cnpj)
