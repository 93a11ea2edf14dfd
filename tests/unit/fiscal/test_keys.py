"""Access keys: parts, check digit, composition."""

from __future__ import annotations

import pytest

from malha.fiscal.keys import AccessKey, check_digit, compose_key, is_key, parse_key

PARTS = {
    "state": "35",
    "year_month": "2607",
    "issuer_id": "12ABC34501DE35",
    "model": "55",
    "series": "1",
    "number": "42",
    "emission_type": "1",
    "random_code": "87654321",
}


def test_composition_and_parsing_are_inverse() -> None:
    key = compose_key(**PARTS)
    assert is_key(key)
    assert parse_key(key) == AccessKey(
        "35", "2607", "12ABC34501DE35", "55", "001", "000000042", "1", "87654321", key[43]
    )


def test_a_cpf_is_padded_to_fourteen() -> None:
    key = compose_key(**(PARTS | {"issuer_id": "52998224725"}))
    parts = parse_key(key)
    assert parts is not None
    assert parts.issuer_id == "00052998224725"


def test_one_check_digit_is_right() -> None:
    base = compose_key(**PARTS)[:43]
    assert [digit for digit in "0123456789" if is_key(base + digit)] == [check_digit(base)]


def test_letters_are_allowed_only_in_the_cnpj_base() -> None:
    key = compose_key(**PARTS)
    assert parse_key(key[:18] + "A" + key[19:]) is None
    assert parse_key("A" + key[1:]) is None
    assert parse_key(key.lower()) is None


@pytest.mark.parametrize("text", ["", "1" * 43, "1" * 45, "NFe" + "1" * 44])
def test_what_is_not_a_key(text: str) -> None:
    assert parse_key(text) is None
    assert not is_key(text)


def test_a_base_of_the_wrong_shape_has_no_check_digit() -> None:
    with pytest.raises(ValueError, match="43 characters"):
        check_digit("12")
