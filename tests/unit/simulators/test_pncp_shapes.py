"""The simulated portal's answers have the keys and types of the real ones.

`pncp_shapes.json` holds the shapes of real records of 2022-2026, completed by the portal's OpenAPI document of July
2025 for what those records left null; where the two disagree the record is right (`situacaoCompraId` is a number).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from malha.simulators.pncp import State, World, build_app

SHAPES = json.loads((Path(__file__).parent / "pncp_shapes.json").read_text("utf-8"))
ADDED_IN_2026 = {"numeroControlePncpAta", "frutoAdesao", "temRemanejamento", "emendaParlamentar", "possibilidadeAdesao"}
DAYS = "dataInicial=20261102&dataFinal=20261118&pagina=1"
TOP = ("contratacoes", "contratos", "atas", "pca", "instrumentoscobranca")


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(build_app(State(world=World(7, 0.02))))


def rows(client: TestClient, path: str) -> list[dict[str, Any]]:
    body = client.get(f"/api/consulta/v1/{path}").raise_for_status().json()
    envelope = {name: value for name, value in body.items() if name != "data"}
    assert {name: type_of(value) for name, value in envelope.items()} == SHAPES["envelope"]
    return body["data"]


def type_of(value: Any) -> str:
    return {"str": "str", "int": "int", "float": "number", "bool": "bool"}[type(value).__name__]


def differences(value: Any, shape: Any, where: str = "", *, is_whole: bool = True) -> list[str]:
    """Where a value has other keys or types; null stands for any type, a whole number for any number."""
    if value is None or shape in ("null", []):
        return []
    if isinstance(shape, dict) and isinstance(value, dict):
        unknown = value.keys() - shape.keys() - ADDED_IN_2026 if is_whole else set()
        names = [f"{where}.{name}" for name in (shape.keys() - value.keys()) | unknown]
        shared = value.keys() & shape.keys()
        return names + [one for name in shared for one in differences(value[name], shape[name], f"{where}.{name}")]
    if isinstance(shape, list) and isinstance(value, list):
        return [one for element in value for one in differences(element, shape[0], f"{where}[]")]
    if isinstance(value, dict | list) or isinstance(shape, dict | list):
        return [where]
    found = type_of(value)
    return [] if found == shape or (found, shape) == ("int", "number") else [f"{where}: {found}, not {shape}"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("contratacoes", f"contratacoes/publicacao?{DAYS}&codigoModalidadeContratacao=6"),
        ("contratacoes", f"contratacoes/publicacao?{DAYS}&codigoModalidadeContratacao=9"),
        ("contratacoes", f"contratacoes/atualizacao?{DAYS}&codigoModalidadeContratacao=8"),
        ("contratacoes", "contratacoes/proposta?dataFinal=20261230&pagina=1"),
        ("contratos", f"contratos?{DAYS}"),
        ("contratos", f"contratos/atualizacao?{DAYS}"),
        ("atas", f"atas?{DAYS}"),
        ("atas", f"atas/atualizacao?{DAYS}"),
        ("pca", "pca/?anoPca=2026&codigoClassificacaoSuperior=6505&pagina=1"),
        ("pca", "pca/usuario?anoPca=2026&idUsuario=3&pagina=1"),
        ("pca", "pca/atualizacao?dataInicio=20261002&dataFim=20261118&pagina=1"),
        ("instrumentoscobranca", f"instrumentoscobranca/inclusao?{DAYS}"),
    ],
)
def test_rows_of_a_list_have_the_real_keys_and_types(client: TestClient, name: str, path: str) -> None:
    found = rows(client, path)
    shape = SHAPES[name]
    if name == "instrumentoscobranca":  # the contract inside has the shape of contracts
        shape = {**shape, "recuperarContratoDTO": SHAPES["contratos"]}
    assert found
    assert sorted({one for row in found for one in differences(row, shape)}) == []


def test_children_have_the_real_keys_and_types(client: TestClient) -> None:
    seen: set[str] = set()
    for row in rows(client, f"contratacoes/publicacao?{DAYS}&codigoModalidadeContratacao=6"):
        path = (
            f"/api/pncp/v1/orgaos/{row['orgaoEntidade']['cnpj']}/compras/{row['anoCompra']}/{row['sequencialCompra']}"
        )
        items = client.get(f"{path}/itens?tamanhoPagina=500").json()
        won = [item["numeroItem"] for item in items if item["temResultado"]][:1]
        results = [one for number in won for one in client.get(f"{path}/itens/{number}/resultados").json()]
        records = client.get(f"{path}/atas").json()
        for name, found in (
            ("itens", items),
            ("resultados", results),
            ("ata", records),
            ("arquivos da contratacao", client.get(f"{path}/arquivos").json()),
            ("arquivos da ata", client.get(f"{path}/atas/1/arquivos").json() if records else []),
            ("contratacao", [client.get(path.replace("/api/pncp", "/api/consulta")).json()]),
        ):
            seen |= {name} if found else set()
            assert sorted({one for element in found for one in differences(element, SHAPES[name])}) == []
    assert seen >= {"itens", "resultados", "ata", "arquivos da contratacao", "arquivos da ata", "contratacao"}


def test_a_contract_alone_has_the_real_keys_and_types(client: TestClient) -> None:
    for row in rows(client, f"contratos?{DAYS}")[:20]:
        numbers = f"{row['anoContrato']}/{row['sequencialContrato']}"
        path = f"/api/pncp/v1/orgaos/{row['orgaoEntidade']['cnpj']}/contratos/{numbers}"
        assert differences(client.get(path).json(), SHAPES["contrato"], is_whole=False) == []
        files = client.get(f"{path}/arquivos").json()
        assert sorted({one for element in files for one in differences(element, SHAPES["arquivos do contrato"])}) == []


def test_a_wrong_shape_is_seen() -> None:
    shape = {"a": "str", "b": {"c": "number"}, "d": [{"e": "int"}]}
    assert differences({"a": "x", "b": {"c": 1}, "d": [{"e": 1}]}, shape) == []
    wrong = {"a": 1, "b": {"c": "1", "z": 0}, "d": [{}]}
    assert sorted(differences(wrong, shape)) == [".a: int, not str", ".b.c: str, not number", ".b.z", ".d[].e"]
