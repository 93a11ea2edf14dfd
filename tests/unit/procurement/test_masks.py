"""Numbers of persons are hidden wherever they stand; other numbers stay."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.fiscal.identifiers import cpf_check_digits
from malha.procurement.rules.masks import Eyes, mask_json, mask_supplier, mask_text

CPF = "529" + "982" + "247" + cpf_check_digits("529982247")
WRITTEN = f"{CPF[:3]}.{CPF[3:6]}.{CPF[6:9]}-{CPF[9:]}"
HIDDEN = f"***{CPF[3:9]}**"


@pytest.mark.parametrize(
    ("number", "kind", "shown"),
    [
        (CPF, "PF", HIDDEN),
        (CPF, None, HIDDEN),
        (WRITTEN, "PF", HIDDEN),
        (CPF, "PJ", HIDDEN),
        ("12345678901", "PF", "***456789**"),
        ("12345678901", None, "***456789**"),
        ("123", "PF", "***"),
        ("11222333000181", "PJ", "11222333000181"),
        ("11222333000181", None, "11222333000181"),
        ("12ABC34501DE35", "PJ", "12ABC34501DE35"),
        ("PASSPORT 77", "PE", "PASSPORT 77"),
        (None, "PF", None),
    ],
)
def test_a_suppliers_number_is_hidden_where_it_is_a_persons(
    number: str | None, kind: str | None, shown: str | None
) -> None:
    assert mask_supplier(number, kind) == shown


def test_a_text_keeps_its_length_and_loses_its_cpfs() -> None:
    text = f"Contratação de Fulano, CPF {WRITTEN} ({CPF}), processo 23102.004018/2024-13, CNPJ 11.222.333/0001-81."

    masked = mask_text(text)

    assert len(masked) == len(text)
    assert CPF not in masked
    assert WRITTEN not in masked
    assert "23102.004018/2024-13" in masked
    assert "11.222.333/0001-81" in masked


def test_a_record_loses_them_in_every_field_and_type() -> None:
    record = {
        "niFornecedor": CPF,
        "niFornecedorSubContratado": int(CPF),
        "objetoContrato": f"Locação, CPF {WRITTEN}",
        "other": int(CPF),
        "list": [{"niFornecedor": "12345678901"}, f"x {CPF}"],
        "valorGlobal": 123.45,
        "receita": False,
        "orgaoEntidade": {"cnpj": "11222333000181"},
    }

    masked = json.dumps(mask_json(record))

    assert CPF not in masked
    assert WRITTEN not in masked
    assert "12345678901" not in masked
    assert mask_json(record)["orgaoEntidade"] == record["orgaoEntidade"]
    assert mask_json(record)["receita"] is False
    assert Eyes(sees_persons=True).record(record) == record


@given(st.integers(0, 10**9 - 1), st.text(max_size=20), st.text(max_size=20))
def test_no_cpf_survives_in_any_text(base: int, before: str, after: str) -> None:
    digits = f"{base:09d}"
    if len(set(digits)) == 1:
        return
    cpf = digits + cpf_check_digits(digits)
    text = f"{before} {cpf} {after}"

    assert cpf not in mask_text(text)
    assert len(mask_text(text)) == len(text)
