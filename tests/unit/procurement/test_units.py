"""Units of measure by one name each, and packages never for one another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.units import NAMES, PACKAGES, normalize_unit


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["UN", "un.", "Und", "UNID.", "Unidade", "UNIDADES", " unidade ", "1 UN", "Peça", "PC"], "unidade"),
        (["KG", "Quilo", "kg.", "QUILOGRAMA", "Quilograma"], "quilograma"),
        (["M2", "m²", "Metro quadrado", "METROS QUADRADOS", "MT2"], "metro-quadrado"),
        (
            ["CX C/ 100 UN", "Caixa com 100 unidades", "CAIXA (100 UND)", "caixa 100 un", "cx c/100 un"],
            "caixa:100 unidade",
        ),
        (["CX", "Caixa", "CAIXAS"], "caixa"),
        (["Frasco 100 ML", "FR 100ML", "frasco com 100,0 ml"], "frasco:100 mililitro"),
        (["Mês", "MENSAL", "meses"], "mes"),
        (["SV", "Serviço", "SERV."], "servico"),
    ],
)
def test_spellings_of_one_unit_have_one_key(spellings: list[str], key: str) -> None:
    assert {spelled: normalize_unit(spelled).key for spelled in spellings} == dict.fromkeys(spellings, key)


def test_packages_are_the_same_only_with_the_same_content() -> None:
    keys = [
        normalize_unit(text).key for text in ("CX", "CX 12 UN", "CX 100 UN", "CX 100 ML", "CX 100", "PCT 100 UN", "UN")
    ]
    assert len(set(keys)) == len(keys)
    assert normalize_unit("CX").is_vague
    assert not normalize_unit("CX 100 UN").is_vague
    assert not normalize_unit("UN").is_vague


@pytest.mark.parametrize("text", ["LT", "PT", "xyz", "Metro por segundo", "10 x 20 cm"])
def test_what_is_in_no_table_is_like_itself_only(text: str) -> None:
    assert not normalize_unit(text).is_known
    assert normalize_unit(text).key == normalize_unit(text.lower()).key
    assert normalize_unit(text).key not in set(NAMES.values())


@pytest.mark.parametrize("text", [None, "", "  ", " . "])
def test_no_unit_is_no_key(text: str | None) -> None:
    assert normalize_unit(text).key == ""


def test_the_table_names_no_spelling_twice() -> None:
    assert set(NAMES.values()) >= PACKAGES
    assert all(normalize_unit(spelled).key == name for spelled, name in NAMES.items())


@given(st.text(max_size=40))
def test_any_text_has_one_key_and_keeps_it_in_capitals_and_between_spaces(text: str) -> None:
    key = normalize_unit(text).key
    assert normalize_unit(f"  {text}\t").key == key
    if text.isascii():
        assert normalize_unit(text.upper()).key == key
