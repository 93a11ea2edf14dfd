"""PNCP's JSON as it really comes: numbers to the last digit, text that a database can store, types that vary."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from malha.procurement.rules import wire
from malha.procurement.rules.contracts import collection_instrument_row
from malha.procurement.rules.plans import plan_item_rows
from malha.procurement.rules.records import RecordBrokenError, control_number_of, item_row, split_number


def test_numbers_keep_their_digits_there_and_back() -> None:
    text = b'{"v":1472040000000.0001,"w":0.10}'

    assert wire.parse(text)["v"] == Decimal("1472040000000.0001")
    assert wire.dump(wire.parse(text)) == '{"v":1472040000000.0001,"w":0.10}'


@pytest.mark.parametrize("body", [b"<html>Erro</html>", b'{"data":[{"n":"', b"NaN", b""])
def test_what_is_no_json_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.parse(body)


def test_text_that_no_database_stores_is_replaced_and_the_rest_kept() -> None:
    read = wire.parse(rb'{"a":"x\u0000y","b":"\ud800","c":"\ufffe\uffff","d":["\u0000"],"\u0000":"e"}')

    assert read == {"a": "x\ufffdy", "b": "\ufffd", "c": "\ufffe\uffff", "d": ["\ufffd"], "\ufffd": "e"}


def test_a_lone_surrogate_in_the_bytes_themselves_is_replaced() -> None:
    read = wire.parse(b'{"a":"\xed\xa0\x80"}')

    assert read["a"].encode()


def test_a_number_where_a_text_was_promised_is_its_digits() -> None:
    assert wire.text(wire.parse(b'{"codigoIbge": 3304557, "x": 1.50}'), "codigoIbge") == "3304557"
    assert wire.text(wire.parse(b'{"x": 1.50}'), "x") == "1.50"


def test_names_may_stand_alone_or_in_an_object() -> None:
    assert wire.name_of({"a": {"id": 1, "nome": "CATMAT"}}, "a") == "CATMAT"
    assert wire.name_of({"a": "CATMAT"}, "a") == "CATMAT"
    assert wire.name_of({"a": None}, "a") is None


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("00394460005887-1-000123/2024", ("00394460005887", 1, 2024, 123)),
        ("07954480000179-2-031999/2026", ("07954480000179", 2, 2026, 31999)),
        ("12ABC34501DE35-1-000001/2027", ("12ABC34501DE35", 1, 2027, 1)),
    ],
)
def test_control_numbers_are_split(number: str, parts: tuple[str, int, int, int]) -> None:
    assert split_number(number) == parts


@pytest.mark.parametrize("number", ["", "x", "00394460005887-1-123/2024", "00394460005887-0-000123/2024"])
def test_other_texts_are_no_control_numbers(number: str) -> None:
    with pytest.raises(RecordBrokenError):
        split_number(number)


def test_a_bill_is_numbered_by_its_contract() -> None:
    bill = {"cnpj": "00394460005887", "ano": 2026, "sequencialContrato": 7, "sequencialInstrumentoCobranca": 2}
    bill |= {"dataAtualizacao": "2026-03-02T10:00:00", "notaFiscalEletronica": {"valorNotaFiscal": "1.234,56"}}

    row = collection_instrument_row(bill)

    assert control_number_of(bill) == row["control_number"] == "00394460005887-2-000007/2026-000002"
    assert row["contract_control_number"] == "00394460005887-2-000007/2026"
    assert row["total"] == Decimal("1234.56")


def test_a_plan_with_an_item_that_cannot_be_told_apart_is_broken() -> None:
    plan = {"idPcaPncp": "00394460005887-0-000001/2026", "itens": [{"numeroItem": 1}, {"numeroItem": 1}]}

    with pytest.raises(RecordBrokenError, match="one number"):
        plan_item_rows(plan)
    with pytest.raises(RecordBrokenError, match="no list"):
        plan_item_rows(plan | {"itens": None})


def test_unknown_fields_stay_in_what_is_kept() -> None:
    row = item_row("x", {"numeroItem": 1, "campoCriadoDepois": {"a": 1.5}})

    assert json.loads(wire.dump(row))["raw"]["campoCriadoDepois"] == {"a": 1.5}
