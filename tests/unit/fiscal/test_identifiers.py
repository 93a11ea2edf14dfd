"""CNPJ, CPF and GTIN check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cnpj, cpf

from malha.fiscal.identifiers import cnpj_check_digits, cpf_check_digits, is_cnpj, is_cpf, is_gtin, is_tax_id


def test_the_published_alphanumeric_cnpj_is_right() -> None:
    assert is_cnpj("12ABC34501DE35")
    assert not is_cnpj("12ABC34501DE36")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(lambda s: s.strip("0")))
def test_cnpj_agrees_with_stdnum(base: str) -> None:
    number = base + cnpj_check_digits(base)
    assert is_cnpj(number) == cnpj.is_valid(number)


@given(st.text("0123456789", min_size=9, max_size=9).filter(lambda s: len(set(s)) > 1))
def test_cpf_agrees_with_stdnum(base: str) -> None:
    number = base + cpf_check_digits(base)
    assert is_cpf(number)
    assert cpf.is_valid(number)


@given(st.text("0123456789", min_size=9, max_size=9).filter(lambda s: len(set(s)) > 1))
def test_a_cpf_has_one_pair_of_check_digits(base: str) -> None:
    assert [pair for pair in range(100) if is_cpf(f"{base}{pair:02}")] == [int(cpf_check_digits(base))]


@pytest.mark.parametrize("text", ["", "0" * 14, "1" * 11, "12abc34501de35", "12.345.678/0001-95", "٠" * 11, "1" * 13])
def test_what_is_not_a_tax_id(text: str) -> None:
    assert not is_tax_id(text)


@pytest.mark.parametrize("text", ["7891000315507", "40170725", "036000291452", "10012345678902"])
def test_right_gtins(text: str) -> None:
    assert is_gtin(text)
    assert not is_gtin(text[:-1] + str((int(text[-1]) + 1) % 10))


@pytest.mark.parametrize("text", ["", "SEM GTIN", "123", "789100031550"])
def test_what_is_not_a_gtin(text: str) -> None:
    assert not is_gtin(text)
