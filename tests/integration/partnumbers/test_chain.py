"""From the request to the stored answer, with a server that keeps the contract and with the reference classifier."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from python_calamine import CalamineWorkbook
from tests.factories.identity import make_principal
from tests.integration.partnumbers.conftest import Desk, add_workspace


def test_a_single_part_number_is_answered(desk: Desk) -> None:
    accepted = desk.single(" bc847b ", description="NPN", socket_session_id="is passed over")
    assert accepted["classifications"] == []
    task = desk.work(accepted)
    assert (task["status"], task["current"], task["missing"], task["job_id"]) == ("done", 1, [], "job-1")
    [found] = task["classifications"]
    assert (found["partnumber"], found["ncm"], found["exception"]) == ("BC847B", "85412120", "01")
    assert found["ncm_path"].count(" > ") >= 2
    [asked] = desk.ai.requests
    assert asked == {
        "progress_channel": task["progress_channel"],
        "partnumber": "BC847B",
        "description": "NPN",
    }
    assert asked["progress_channel"].startswith("progress-")


def test_a_batch_is_asked_in_chunks_and_answered_whole(desk: Desk) -> None:
    codes = [f"PART{no}" for no in range(7)]
    accepted = desk.batch(*codes[:6], {"partnumber": "part6", "ncm": "85412120", "coo": "CN"}, codes[0])
    assert (accepted["total_partnumbers"], accepted["partnumbers"]) == (7, codes)
    task = desk.work(accepted)
    assert (task["status"], [found["partnumber"] for found in task["classifications"]]) == ("done", codes)
    assert [list(request["partnumbers"]) for request in desk.ai.requests] == [codes[:3], codes[3:6], codes[6:]]
    assert desk.ai.requests[2]["partnumbers"]["PART6"] == {
        "partnumber": "PART6",
        "erp_description": None,
        "ncm": "85412120",
        "manufacturer": None,
        "coo": "CN",
    }


def test_what_is_known_is_answered_without_asking_unless_forced(desk: Desk) -> None:
    desk.work(desk.single())
    again = desk.single()
    assert [found["ncm"] for found in again["classifications"]] == ["85412120"]
    assert desk.work(again)["status"] == "done"
    assert len(desk.ai.requests) == 1
    forced = desk.work(desk.single(reclassify=True))
    assert (forced["status"], len(desk.ai.requests)) == ("done", 2)
    history = desk.client.get("/partnumbers/BC847B").json()
    assert [entry["status"] for entry in history["classifications"]] == ["active", "replaced"]
    assert history["best_classification"]["id"] == forced["classifications"][0]["id"]


def test_another_workspace_knows_nothing_of_it(desk: Desk) -> None:
    desk.work(desk.single())
    stranger = make_principal()
    add_workspace(desk.engine, stranger)
    desk.become(stranger)
    assert desk.client.get("/partnumbers/BC847B").status_code == 404
    assert desk.single()["classifications"] == []
    assert desk.client.get("/partnumbers").json()["items"] == []


@pytest.mark.parametrize("code", ["LM317T/NOPB", "74HC00D,653", "A B#?Ç"])
def test_part_numbers_with_any_characters_can_be_read(desk: Desk, code: str) -> None:
    task = desk.work(desk.single(code))
    assert task["status"] == "done"
    quoted = desk.client.get("/partnumbers").json()["items"]
    assert [entry["code"] for entry in quoted] == [code]
    assert desk.client.get(f"/partnumbers/{quote(code)}").json()["code"] == code


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/classify-partnumber", {}),
        ("/classify-partnumber", {"partnumber": " ab "}),
        ("/classify-partnumber", {"partnumber": "ABC\x00D"}),
        ("/classify-batch", {"partnumbers": []}),
        ("/classify-batch", {"partnumbers": ["ok1", {"partnumber": 3}]}),
        ("/classify-batch", {"partnumbers": [{"partnumber": "ABC", "description": "x"}, "abc"]}),
    ],
)
def test_what_is_no_request_is_400_with_its_errors(desk: Desk, path: str, body: dict[str, object]) -> None:
    answer = desk.client.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"partnumber-invalid", "partnumber-repeated"}
    assert desk.client.get("/tasks").json()["tasks"] == []


def test_a_repeated_request_with_a_key_makes_one_task(desk: Desk) -> None:
    headers = {"Idempotency-Key": "k"}
    first = desk.client.post("/classify-partnumber", json={"partnumber": "BC847B"}, headers=headers)
    again = desk.client.post("/api/v1/classify-partnumber", json={"partnumber": "BC847B"}, headers=headers)
    other = desk.client.post("/classify-partnumber", json={"partnumber": "BC848B"}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 422)
    assert first.json() == again.json()


def test_tasks_are_found_by_each_filter(desk: Desk) -> None:
    finished = desk.work(desk.single())
    waiting = desk.single("OTHER1")
    for query, expected in {
        "": [waiting["task_id"], finished["task_id"]],
        f"task_id={waiting['task_id']}": [waiting["task_id"]],
        f"room_id={waiting['room_id']}": [waiting["task_id"]],
        f"job_id={finished['job_id']}": [finished["task_id"]],
        f"progress_channel={finished['progress_channel']}": [finished["task_id"]],
        "status=done": [finished["task_id"]],
        "status=STARTED&status=failed": [waiting["task_id"]],
        "status=nonsense": [],
        f"user_id={desk.principal.user_id}": [waiting["task_id"], finished["task_id"]],
    }.items():
        found = desk.client.get(f"/tasks?{query}").json()["tasks"]
        assert [task["task_id"] for task in found] == expected, query


def test_the_workbook_has_the_columns_of_the_contract(desk: Desk) -> None:
    task = desk.work(desk.single(description="x"))
    answer = desk.client.get(f"/export-excel?task_id={task['task_id']}")
    assert 'filename="produtos_importacao.xlsx"' in answer.headers["content-disposition"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["Classificacoes"]
    headings, row = book.get_sheet_by_index(0).to_python()
    assert headings[:7] == ["Seq", "Descrição ERP", "Descrição DI", "NCM", "Fabricante", "Endereço", "País"]
    assert row[:7] == [1.0, "Transistor NPN", "Transistor NPN", "85412120 (Ex 01)", "Nexperia", "Nijmegen", "NL"]


def test_a_cancelled_task_writes_nothing_and_a_deleted_one_is_gone(desk: Desk) -> None:
    accepted = desk.single()
    path = f"/api/v1/partnumbers/tasks/{accepted['task_id']}"
    assert desk.client.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert desk.client.post(f"{path}/cancel").status_code == 409
    assert desk.work(accepted)["status"] == "cancelled"
    assert desk.ai.requests == []
    assert desk.client.delete(f"/tasks/{accepted['task_id']}").status_code == 204
    assert desk.client.delete(f"/tasks/{accepted['task_id']}").status_code == 404
    assert desk.client.get(path).status_code == 404


def test_codes_of_the_nomenclature_are_shown_with_their_rates(desk: Desk) -> None:
    found = desk.client.get("/ncm/8532.24.10").json()
    assert found["code"] == "85322410"
    assert "SMD" in found["description"]
    assert [rule["ex"] for rule in found["tipi_rules"]][:1] == [None]
    assert desk.client.get("/ncm/99999999").status_code == 404
    page = desk.client.get("/ncm?prefix=8532&limit=2").json()
    after = desk.client.get(f"/ncm?prefix=8532&limit=1&after={page[1]['code']}").json()
    assert page[0]["code"] < page[1]["code"] < after[0]["code"]


def test_the_reference_server_answers_with_its_evidence(desk: Desk, reference_url: str) -> None:
    desk.configure(ai_server_url=reference_url, silence_seconds=20)
    task = desk.work(desk.single("GRM188R71C104KA01D", description="ceramic capacitor 16V 0603", manufacturer="Murata"))
    [found] = task["classifications"]
    assert found["ncm"] == "85322410"
    assert found["result"]["candidates"][0]["evidence"]
    unknown = desk.work(desk.single("QQQ-000-ZZ"))
    assert [(entry["ncm"], entry["confidence_score"]) for entry in unknown["classifications"]] == [(None, None)]
    batch = desk.work(desk.batch("BC847B", "GRM188R71C104KA01D", reclassify=True))
    assert (batch["status"], len(batch["classifications"])) == ("done", 2)
