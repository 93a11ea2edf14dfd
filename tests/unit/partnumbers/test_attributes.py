"""Attributes of DUIMP: forms, conditions, values, and the file that they come from."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import orjson
import pytest

from malha.guarded.errors import RefusedError
from malha.guarded.ncm_attributes import read_attributes
from malha.partnumbers.rules.attributes import Link, build_form, fill, meets, read_condition
from malha.partnumbers.rules.prefill import guess_values

TODAY = date(2026, 11, 27)
MOUNTING = {
    "codigo": "ATT_1",
    "nomeApresentacao": "Forma de montagem",
    "formaPreenchimento": "LISTA_ESTATICA",
    "dominio": [
        {"codigo": "01", "descricao": "Montagem em superfície (SMD)"},
        {"codigo": "02", "descricao": "Inserção (PTH)"},
        {"codigo": "99", "descricao": "Outra"},
    ],
    "atributoCondicionante": True,
    "condicionados": [
        {
            "obrigatorio": True,
            "descricaoCondicao": "'ATT_1' Igual '99'",
            "condicao": {"operador": "==", "valor": "99"},
            "atributo": {"codigo": "ATT_2", "nomeApresentacao": "Qual", "formaPreenchimento": "TEXTO",
                         "tamanhoMaximo": 5},
        }
    ],
}  # fmt: skip
VOLTAGE = {"codigo": "ATT_3", "nomeApresentacao": "Tensão nominal (V)", "formaPreenchimento": "NUMERO_REAL",
           "casasDecimais": 1}  # fmt: skip
DEFINITIONS: dict[str, dict[str, Any]] = {"ATT_1": MOUNTING, "ATT_3": VOLTAGE}


EITHER = {"operador": "==", "valor": "01", "composicao": "||", "condicao": {"operador": "==", "valor": "02"}}
BOTH = {"operador": ">", "valor": "1", "composicao": "&&", "condicao": {"operador": "<", "valor": "3"}}


def link(code: str, *, is_required: bool = True, until: date | None = None, since: date = date(2024, 1, 1)) -> Link:
    return Link(code, since, until, is_required, is_multivalued=False)


def test_a_form_has_what_is_asked_on_the_day_and_what_depends_on_it() -> None:
    links = [link("ATT_1"), link("ATT_3", until=date(2025, 1, 1)), link("ATT_9")]
    form = build_form(links, DEFINITIONS, {}, TODAY)
    assert [(one.code, one.is_required, one.is_asked) for one in form] == [
        ("ATT_1", True, True),
        ("ATT_2", True, False),
    ]
    form = build_form(links, DEFINITIONS, {"ATT_1": "99"}, TODAY)
    assert [(one.code, one.is_asked) for one in form] == [("ATT_1", True), ("ATT_2", True)]
    assert form[1].condition == "'ATT_1' Igual '99'"


def test_what_is_optional_until_a_day_becomes_mandatory_then() -> None:
    [one] = build_form([link("ATT_3", is_required=False, until=date(2027, 3, 1))], DEFINITIONS, {}, TODAY)
    assert (one.is_required, one.required_from) == (False, date(2027, 3, 1))
    links = [link("ATT_3", is_required=False), link("ATT_3", since=date(2027, 1, 1))]
    [one] = build_form(links, DEFINITIONS, {}, TODAY)
    assert (one.is_required, one.required_from) == (False, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ({"operador": "==", "valor": "01"}, "01", True),
        ({"operador": "!=", "valor": "01"}, "01", False),
        ({"operador": ">=", "valor": "1,5"}, "1.5", True),
        ({"operador": "<", "valor": "x"}, "2", False),
        (EITHER, "02", True),
        (BOTH, "3", False),
        (read_condition("'ATT_1' Diferente 'true'"), "false", True),
    ],
)  # fmt: skip
def test_conditions(condition: dict[str, Any], value: str, expected: bool) -> None:
    assert meets(condition, value) is expected


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({}, {"ATT_1": "falta o valor", "ATT_3": "falta o valor"}),
        ({"ATT_1": "07", "ATT_3": "5,25"}, {"ATT_1": "não é um dos valores da lista", "ATT_3": "tem mais de 1 casas"}),
        ({"ATT_1": "99", "ATT_2": "comprido", "ATT_3": "5"}, {"ATT_2": "tem mais de 5 caracteres"}),
        ({"ATT_1": ["01", "02"], "ATT_3": "5.5"}, {"ATT_1": "aceita um valor só"}),
        ({"ATT_1": "01", "ATT_3": "5.5"}, {}),
    ],
)
def test_values_are_judged(values: dict[str, Any], problems: dict[str, str]) -> None:
    form = build_form([link("ATT_1"), link("ATT_3")], DEFINITIONS, values, TODAY)
    fill(form, values, {})
    assert {one.code: one.problem for one in form if one.problem} == problems


def test_evidence_fills_what_it_says_and_nothing_else() -> None:
    form = build_form([link("ATT_1"), link("ATT_3")], DEFINITIONS, {}, TODAY)
    assert guess_values(form, {"mounting": "smd", "voltage_v": "16", "package": "0603"}) == {
        "ATT_1": "01",
        "ATT_3": "16",
    }
    assert guess_values(form, {"mounting": "outra coisa", "voltage_v": "16 a 20"}) == {}


def packed(body: Any, name: str = "atributos_20261127.json") -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, orjson.dumps(body))
    made.seek(0)
    return made


BODY = {
    "listaNcm": [
        {
            "codigoNcm": "8532.24.10",
            "listaAtributos": [
                {"codigo": "ATT_1", "modalidade": "Importação", "obrigatorio": True, "dataInicioVigencia": "2024-01-01",
                 "dataFimVigencia": ""},
                {"codigo": "ATT_3", "modalidade": "Importação", "obrigatorio": False,
                 "dataInicioVigencia": "01/02/2024", "dataFimVigencia": "2027-03-01"},
                {"codigo": "ATT_9", "modalidade": "Importação", "obrigatorio": True},
            ],
        }
    ],
    "detalhesAtributos": [MOUNTING, VOLTAGE],
}  # fmt: skip


def test_the_public_file_is_read_packed_or_not() -> None:
    for source in (packed(BODY), io.BytesIO(b"\xef\xbb\xbf" + orjson.dumps(BODY))):
        about, *rows = read_attributes(source)
        assert about == {"attributes": 2, "links": 2, "without_definition": 1}
        assert [row[1] for row in rows if row[0] == "a"] == ["ATT_1", "ATT_3"]
        assert [row for row in rows if row[0] == "l"] == [
            ["l", "85322410", "ATT_1", "Importação", True, False, "2024-01-01", None],
            ["l", "85322410", "ATT_3", "Importação", False, False, "2024-02-01", "2027-03-01"],
        ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (io.BytesIO(b"PK\x03\x04 broken"), "damaged"),
        (io.BytesIO(b"not json"), "damaged"),
        (io.BytesIO(b"[]"), "not-attributes"),
        (packed({"listaNcm": []}), "not-attributes"),
        (packed(BODY, "leia-me.txt"), "not-attributes"),
        (packed({**BODY, "detalhesAtributos": []}), "not-attributes"),
        (packed({**BODY, "listaNcm": [{"codigoNcm": "1", "listaAtributos": [
            {"codigo": "ATT_1", "dataFimVigencia": "amanhã"}]}]}), "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_says_so(source: io.BytesIO, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        list(read_attributes(source))
    assert caught.value.code == code
