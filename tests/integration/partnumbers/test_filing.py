"""What is filed: descriptions, attributes, makers, the catalogue, and the precedents behind them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.factories.identity import make_principal
from tests.fakes.ai_server import done
from tests.integration.partnumbers.conftest import Desk, add_workspace

from malha.guarded import GuardedError
from malha.kit.clock import brazilian_day, utc_now
from malha.partnumbers.service import import_attributes

BASE = "/api/v1/partnumbers"
CAPACITOR = {
    "ncm": "85322410",
    "fabricante": "Murata",
    "endereco": "Nagaokakyo",
    "pais": "JP",
    "exception": None,
    "attributes": {"mounting": "smd", "voltage_v": "50"},
    "candidates": [{"code": "85322410", "confidence": 0.9}, {"code": "85322490", "confidence": 0.1}],
}
SOON = brazilian_day(utc_now()) + timedelta(days=30)
ATTRIBUTES: dict[str, Any] = {
    "listaNcm": [
        {
            "codigoNcm": "8532.24.10",
            "listaAtributos": [
                {"codigo": "ATT_1", "modalidade": "Importação", "obrigatorio": True,
                 "dataInicioVigencia": "2024-01-01", "dataFimVigencia": ""},
                {"codigo": "ATT_3", "modalidade": "Importação", "obrigatorio": False,
                 "dataInicioVigencia": "2024-01-01", "dataFimVigencia": SOON.isoformat()},
                {"codigo": "ATT_4", "modalidade": "Importação", "obrigatorio": True,
                 "dataInicioVigencia": "2024-01-01"},
                {"codigo": "ATT_4", "modalidade": "Exportação", "obrigatorio": True},
            ],
        }
    ],
    "detalhesAtributos": [
        {"codigo": "ATT_1", "nomeApresentacao": "Forma de montagem", "formaPreenchimento": "LISTA_ESTATICA",
         "dominio": [{"codigo": "01", "descricao": "Superfície (SMD)"}, {"codigo": "99", "descricao": "Outra"}],
         "atributoCondicionante": True,
         "condicionados": [{"obrigatorio": True, "condicao": {"operador": "==", "valor": "99"},
                            "atributo": {"codigo": "ATT_2", "nomeApresentacao": "Qual?"}}]},
        {"codigo": "ATT_3", "nomeApresentacao": "Tensão nominal (V)", "formaPreenchimento": "NUMERO_REAL"},
        {"codigo": "ATT_4", "nomeApresentacao": "Uso", "formaPreenchimento": "TEXTO", "multivalorado": True,
         "orgaos": ["ANATEL"]},
    ],
}  # fmt: skip


@pytest.fixture
def table(desk: Desk, tmp_path: Path) -> Path:
    path = tmp_path / "atributos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("atributos_por_ncm.json", orjson.dumps(ATTRIBUTES))
    report = import_attributes(desk.engine.settings.database, path)
    assert (report.attributes, report.links) == (3, 4)
    return path


def confirmed(desk: Desk, code: str = "GRM188R71H104KA93D", **fields: Any) -> str:
    desk.ai.conduct.script = lambda body: [done(body["partnumber"], **(CAPACITOR | fields))]
    task = desk.work(desk.single(code, description="CAP CER 100nF 10% 50V 0603"))
    [found] = task["classifications"]
    answer = desk.client.post(f"{BASE}/classifications/{found['id']}/confirm", json={"version": 1})
    assert answer.status_code == 200, answer.text
    return task["task_id"]


def product(desk: Desk, code: str = "GRM188R71H104KA93D") -> dict[str, Any]:
    return desk.client.get(f"{BASE}/products/{code}").json()


def missing(shown: dict[str, Any]) -> list[str]:
    return [gap["field"] for gap in shown["missing"]]


def test_a_description_is_put_together_from_evidence(desk: Desk) -> None:
    confirmed(desk)
    shown = product(desk)
    assert shown["description"].startswith("Condensadores elétricos, fixos, variáveis ou ajustáveis - Outros conden")
    assert shown["description"].endswith(
        "CAP CER 100nF 10% 50V 0603; capacitância: 100nF, tensão (V): 50, tolerância: 10%, "
        "montagem: superfície (SMD); marca Murata; modelo GRM188R71H104KA93D"
    )
    assert {name: value["source"] for name, value in shown["fields"].items()} == {
        "species": "nomenclature",
        "brand": "answer",
        "model": "partnumber",
        "commercial_name": "request",
    }
    assert (missing(shown), shown["version"]) == ([], 0)


def test_what_is_missing_is_listed_in_the_language_of_the_caller(desk: Desk) -> None:
    bare = {"attributes": {}, "fabricante": None, "endereco": None, "pais": None}
    desk.ai.conduct.script = lambda body: [done(body["partnumber"], **(CAPACITOR | bare | {"ncm": "853224"}))]
    desk.work(desk.single("GRM188R71H104KA93D"))
    shown = product(desk)
    assert missing(shown) == [
        "ncm", "brand", "commercial_name", "characteristics.capacitance", "characteristics.voltage_v",
        "characteristics.mounting", "manufacturer",
    ]  # fmt: skip
    assert shown["missing"][1]["detail"] == "marca comercial"
    english = desk.client.get(f"{BASE}/products/GRM188R71H104KA93D", headers={"Accept-Language": "en"}).json()
    assert english["missing"][1]["detail"] == "commercial brand"


def test_a_persons_words_come_before_evidence_and_go_back_to_it(desk: Desk) -> None:
    confirmed(desk)
    path = f"{BASE}/products/GRM188R71H104KA93D"
    body = {"version": 0, "brand": "MURATA", "characteristics": {"dielétrico": "X7R"}, "internal_codes": ["C-1", "C-1"]}
    written = desk.client.patch(path, json=body).json()
    assert (written["fields"]["brand"], written["internal_codes"]) == ({"text": "MURATA", "source": "person"}, ["C-1"])
    assert "dielétrico: X7R" in written["description"]
    late = desk.client.patch(path, json={"version": 0, "brand": "Outra"})
    assert (late.status_code, late.json()["code"]) == (409, "product-changed")
    back = desk.client.patch(
        path, json={"version": 1, "brand": None, "characteristics": {"dielétrico": None}, "description": "Texto meu"}
    ).json()
    assert (back["fields"]["brand"]["text"], back["description"], back["is_own_description"]) == (
        "Murata", "Texto meu", True,
    )  # fmt: skip
    entries = desk.engine.record.execute(
        "SELECT action FROM audit_log WHERE entity_type = 'partnumber_product' AND workspace_id = %s",
        [desk.principal.workspace_id],
    ).fetchall()
    assert len(entries) == 2


@pytest.mark.usefixtures("table")
def test_attributes_are_filled_from_evidence_and_judged(desk: Desk) -> None:
    confirmed(desk)
    shown = product(desk)
    assert [(one["code"], one["value"], one["source"], one["is_asked"]) for one in shown["attributes"]] == [
        ("ATT_1", "01", "evidence", True),
        ("ATT_2", None, None, False),
        ("ATT_4", None, None, True),
        ("ATT_3", "50", "evidence", True),
    ]
    assert missing(shown) == ["attributes.ATT_4"]
    assert shown["attributes"][2]["organs"] == ["ANATEL"]
    path = f"{BASE}/products/GRM188R71H104KA93D"
    body = {"version": 0, "attributes": {"ATT_1": "99", "ATT_4": ["Telefonia", "Automação"]}}
    assert missing(desk.client.patch(path, json=body).json()) == ["attributes.ATT_2"]
    body = {"version": 1, "attributes": {"ATT_2": "Encaixe"}}
    assert missing(desk.client.patch(path, json=body).json()) == []


@pytest.mark.usefixtures("table")
def test_the_form_of_a_code_and_what_becomes_mandatory(desk: Desk) -> None:
    form = desk.client.get(f"{BASE}/attributes/8532.24.10").json()
    assert [one["code"] for one in form["attributes"]] == ["ATT_1", "ATT_2", "ATT_4", "ATT_3"]
    assert form["imported_at"] is not None
    assert desk.client.get(f"{BASE}/attributes/85411011").json()["attributes"] == []
    assert desk.client.get(f"{BASE}/attributes/99999999").status_code == 404
    confirmed(desk)
    [soon] = desk.client.get(f"{BASE}/attributes/required-soon?days=60").json()
    assert (soon["attribute"], soon["required_from"], soon["partnumbers"]) == ("ATT_3", SOON.isoformat(), 1)
    assert desk.client.get(f"{BASE}/attributes/required-soon?days=7").json() == []


def test_a_file_that_is_none_changes_nothing(desk: Desk, table: Path, tmp_path: Path) -> None:
    other = tmp_path / "outro.json"
    other.write_bytes(b"{}")
    with pytest.raises(GuardedError, match="list of attributes"):
        import_attributes(desk.engine.settings.database, other)
    assert len(desk.client.get(f"{BASE}/attributes/85322410").json()["attributes"]) == 4
    assert import_attributes(desk.engine.settings.database, table).links == 4


@pytest.mark.usefixtures("table")
def test_the_catalogue_lists_what_is_missing_before_it_is_exported(desk: Desk) -> None:
    empty = desk.client.get(f"{BASE}/catalogue")
    assert (empty.status_code, empty.json()["code"]) == (409, "catalogue-empty")
    task_id = confirmed(desk)
    refused = desk.client.get(f"{BASE}/catalogue")
    assert (refused.status_code, refused.json()["errors"][0]["loc"]) == (409, ["partnumber", "GRM188R71H104KA93D"])
    assert desk.client.get(f"{BASE}/catalogue?incomplete=true").status_code == 200
    body = {"version": 0, "attributes": {"ATT_4": ["Telefonia"]}, "internal_codes": ["C-1"]}
    desk.client.patch(f"{BASE}/products/GRM188R71H104KA93D", json=body)
    [maker] = desk.client.get(f"{BASE}/manufacturers").json()["items"]
    answer = desk.client.patch(
        f"{BASE}/manufacturers/{maker['id']}", json={"version": 1, "operator_code": "OPE-7", "city": "Nagaokakyo"}
    )
    assert answer.status_code == 200, answer.text
    told = desk.client.get(f"{BASE}/catalogue?root=12345678&task_id={task_id}").json()
    [made] = told["produtos"]
    assert (made["ncm"], made["modalidade"], made["codigosInterno"]) == ("85322410", "IMPORTACAO", ["C-1"])
    assert made["atributos"] == [{"atributo": "ATT_1", "valor": "01"}, {"atributo": "ATT_3", "valor": "50"}]
    assert made["atributosMultivalorados"] == [{"atributo": "ATT_4", "valores": ["Telefonia"]}]
    assert [(one["nome"], one["codigo"], one["codigoPais"]) for one in told["operadoresEstrangeiros"]] == [
        ("Murata", "OPE-7", "JP")
    ]
    assert told["fabricantes"][0]["codigoOperadorEstrangeiro"] == "OPE-7"
    lines = desk.client.get(f"{BASE}/catalogue?format=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Part number;NCM;Ex;")
    assert lines[1].startswith("GRM188R71H104KA93D;85322410;")


def test_a_maker_keeps_the_data_that_people_gave_it(desk: Desk) -> None:
    confirmed(desk, fabricante="Yageo", endereco=None, pais=None)
    [maker] = desk.client.get(f"{BASE}/manufacturers").json()["items"]
    assert "manufacturer.country" in missing(product(desk))
    body = {"version": 1, "country": "tw", "address": "Taipei"}
    assert desk.client.patch(f"{BASE}/manufacturers/{maker['id']}", json=body).json()["country"] == "TW"
    late = desk.client.patch(f"{BASE}/manufacturers/{maker['id']}", json=body)
    assert (late.status_code, late.json()["code"]) == (409, "product-changed")
    confirmed(desk, "RC0603FR-0710KL", fabricante="Yageo", endereco=None, pais=None)
    assert product(desk, "RC0603FR-0710KL")["manufacturer"]["country"] == "TW"


def ruling(desk: Desk, **fields: Any) -> dict[str, Any]:
    body = {
        "ncm": "8532.24.10",
        "act": "Solução de Consulta Cosit nº 98.000",
        "day": "2025-03-01",
        "text": "Condensador de cerâmica, de camadas múltiplas, próprio para montagem em superfície.",
    }
    answer = desk.client.post(f"{BASE}/precedents", json=body | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_precedents_are_found_by_their_words_and_codes(desk: Desk) -> None:
    first = ruling(desk)
    second = ruling(desk, ncm="85411099"[:6], act="Parecer da casa", text="Diodos de sinal", kind="own", day=None)

    def found(query: str) -> list[str]:
        return [entry["id"] for entry in desk.client.get(f"{BASE}/precedents?{query}").json()["items"]]

    assert found("") == [second["id"], first["id"]]
    assert found("q=condensadores ceramica") == [first["id"]]
    assert found("q=montagem -superfície") == []
    assert found("q=diodo") == found("ncm=8541") == found("kind=own") == [second["id"]]
    changed = desk.client.patch(f"{BASE}/precedents/{first['id']}", json={"version": 1, "text": "Varistores"}).json()
    assert (changed["version"], found("q=varistor"), found("q=condensador")) == (2, [first["id"]], [])
    late = desk.client.patch(f"{BASE}/precedents/{first['id']}", json={"version": 1, "text": "Outro"})
    assert (late.status_code, late.json()["code"]) == (409, "precedent-changed")
    assert desk.client.delete(f"{BASE}/precedents/{first['id']}").status_code == 204
    assert found("") == [second["id"]]
    assert desk.client.post(f"{BASE}/precedents", json={"ncm": "9999", "act": "Ato", "text": "xxx"}).status_code == 422


def test_candidates_cite_the_precedents_of_their_codes(desk: Desk) -> None:
    leaf, subheading = ruling(desk), ruling(desk, ncm="853224", act="Parecer OMA")
    ruling(desk, ncm="85332120", act="De outra coisa")
    stranger = make_principal()
    add_workspace(desk.engine, stranger)
    confirmed(desk)
    candidates = desk.client.get("/partnumbers/GRM188R71H104KA93D").json()["candidates"]
    assert [(entry["code"], [found["id"] for found in entry["precedents"]]) for entry in candidates] == [
        ("85322410", [subheading["id"], leaf["id"]]),
        ("85322490", [subheading["id"]]),
    ]
    desk.become(stranger)
    assert desk.client.get(f"{BASE}/precedents").json()["items"] == []
    assert desk.client.get(f"{BASE}/precedents/{leaf['id']}").status_code == 404


def test_a_decision_that_says_why_is_a_precedent_as_long_as_it_holds(desk: Desk) -> None:
    desk.ai.conduct.script = lambda body: [done(body["partnumber"], **CAPACITOR)]
    [found] = desk.work(desk.single("GRM188R71H104KA93D"))["classifications"]
    path = f"{BASE}/classifications/{found['id']}"
    kept = desk.client.post(f"{path}/confirm", json={"version": 1, "note": "Ficha técnica: X7R, 0603"}).json()
    [own] = desk.client.get(f"{BASE}/precedents?kind=own&q=ficha").json()["items"]
    assert (own["ncm"], own["classification_id"]) == ("85322410", found["id"])
    [first, *_] = desk.client.get("/partnumbers/GRM188R71H104KA93D").json()["candidates"]
    assert [entry["id"] for entry in first["precedents"]] == [own["id"]]
    desk.client.post(f"{path}/reject", json={"version": kept["version"]})
    desk.work(desk.single("GRM188R71H104KA93D"))
    [first, *_] = desk.client.get("/partnumbers/GRM188R71H104KA93D").json()["candidates"]
    assert first["precedents"] == []


def test_tasks_of_part_numbers_are_answered_at_the_root_too(desk: Desk) -> None:
    task = desk.work(desk.single())
    shown = desk.client.get(f"/tasks/{task['task_id']}")
    assert (shown.status_code, shown.json()["room_id"]) == (200, task["room_id"])
    assert desk.client.get("/tasks/00000000-0000-7000-8000-000000000000").status_code == 404


def test_a_workbook_is_no_worse_for_a_correction(desk: Desk) -> None:
    task_id = confirmed(desk)
    answer = desk.client.get(f"/export-excel?task_id={task_id}")
    assert io.BytesIO(answer.content).read(2) == b"PK"
