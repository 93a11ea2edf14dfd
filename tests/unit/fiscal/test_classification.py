"""Operations and sectors by the votes of the items."""

from __future__ import annotations

import pytest
from tests.factories.nfe import NoteBuilder

from malha.fiscal.classification import classify
from malha.fiscal.documents import Note
from malha.fiscal.readers import read


def note_with(*items: tuple[str, str]) -> Note:
    """A note whose items have these CFOP and NCM."""
    builder = NoteBuilder(1).with_items(len(items))
    for number, (cfop, ncm) in enumerate(items, 1):
        builder.set(f"det[{number}]/prod/CFOP", cfop).set(f"det[{number}]/prod/NCM", ncm)
    [note] = read(builder.authorised(), "nota.xml")
    assert isinstance(note, Note)
    return note


@pytest.mark.parametrize(
    ("cfop", "operation"),
    [
        ("1102", "Compra"),
        ("2102", "Compra"),
        ("1403", "Compra"),
        ("1202", "Devolução"),
        ("2202", "Devolução"),
        ("5202", "Devolução"),
        ("6202", "Devolução"),
        ("1303", "Serviço"),
        ("5933", "Serviço"),
        ("6933", "Serviço"),
        ("1552", "Transferência"),
        ("5552", "Transferência"),
        ("6557", "Transferência"),
        ("5152", "Transferência"),
        ("5102", "Venda"),
        ("6102", "Venda"),
        ("7102", "Venda"),
        ("9999", "Outros"),
    ],
)
def test_the_cfop_tells_the_operation(cfop: str, operation: str) -> None:
    assert classify(note_with((cfop, "84713012"))).operation_type == operation


def test_most_items_decide_and_their_share_is_the_confidence() -> None:
    found = classify(note_with(("5102", "22030000"), ("5102", "22030000"), ("5202", "84713012")))
    assert found.as_json() == {
        "operationType": "Venda",
        "businessSector": "Bebidas",
        "confidence": 0.6667,
        "costCenter": "Não Alocado",
    }


@pytest.mark.parametrize(
    ("ncm", "sector"),
    [("84713012", "Informática"), ("84139190", "Máquinas e Equipamentos"), ("99999999", "Comércio em Geral")],
)
def test_four_digits_of_the_ncm_win_over_two(ncm: str, sector: str) -> None:
    assert classify(note_with(("5102", ncm))).business_sector == sector
