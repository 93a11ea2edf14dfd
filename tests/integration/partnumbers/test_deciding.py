"""A person's word on answers: what it changes, what stands in its way, and what is remembered of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.identity import make_principal
from tests.fakes.ai_server import done, progress
from tests.integration.partnumbers.conftest import Desk, add_workspace

from malha.db import Database
from malha.partnumbers.service import KnownPart, memory_of

BASE = "/api/v1/partnumbers"


def answered(desk: Desk, code: str = "BC847B", **fields: Any) -> dict[str, Any]:
    """A part number with an answer of the AI server."""
    desk.ai.conduct.script = lambda body: [
        progress(),
        done(body["partnumber"], **fields),
    ]
    [found] = desk.work(desk.single(code))["classifications"]
    return found


def say(desk: Desk, action: str, found: dict[str, Any], **body: Any) -> Any:
    path = f"{BASE}/classifications/{found['id']}/{action}"
    return desk.client.post(path, json={"version": found["version"], **body})


def remembered(desk: Desk, codes: list[str] | None = None) -> list[KnownPart]:
    async def read() -> list[KnownPart]:
        database = Database(desk.engine.settings.database)
        try:
            async with database.read_session() as session:
                return await memory_of(session, desk.principal.workspace_id, codes)
        finally:
            await database.dispose()

    return asyncio.run(read())


def test_a_confirmed_answer_holds_against_later_ones(desk: Desk) -> None:
    confirmed = say(desk, "confirm", answered(desk), note="Datasheet").json()
    assert (confirmed["status"], confirmed["confirmed_at"] is not None, confirmed["note"]) == (
        "active",
        True,
        "Datasheet",
    )
    desk.ai.conduct.script = lambda body: [done(body["partnumber"], ncm="85412110")]
    desk.work(desk.single(reclassify=True))
    shown = desk.client.get("/partnumbers/BC847B").json()
    assert (shown["best_classification"]["id"], shown["best_classification"]["ncm"]) == (confirmed["id"], "85412120")
    assert [entry["status"] for entry in shown["classifications"]] == ["active", "active"]
    assert shown["confirmed_at"] == confirmed["confirmed_at"]
    assert [known["ncm"] for known in desk.single()["classifications"]] == ["85412120"]


def test_a_correction_replaces_the_answer_and_keeps_what_it_does_not_say(desk: Desk) -> None:
    found = answered(desk)
    right = say(desk, "correct", found, ncm="8541.21.10", pais="CN").json()
    assert (right["ncm"], right["origin"], right["confidence_score"]) == ("85412110", "person", 1.0)
    assert (right["fabricante"], right["pais"], right["exception"]) == ("Nexperia", "CN", None)
    history = desk.client.get("/partnumbers/BC847B").json()["classifications"]
    assert [(entry["id"], entry["status"]) for entry in history] == [(right["id"], "active"), (found["id"], "replaced")]


def test_a_rejected_answer_is_not_used_and_can_be_corrected(desk: Desk) -> None:
    rejected = say(desk, "reject", answered(desk)).json()
    assert rejected["status"] == "rejected"
    assert desk.client.get("/partnumbers/BC847B").json()["best_classification"] is None
    assert desk.single()["classifications"] == []
    assert say(desk, "confirm", rejected).status_code == 409
    assert say(desk, "correct", rejected, ncm="85412110").json()["status"] == "active"


def test_the_second_of_two_persons_is_told_that_the_answer_has_changed(desk: Desk) -> None:
    found = answered(desk)
    assert say(desk, "confirm", found).status_code == 200
    late = say(desk, "reject", found)
    assert (late.status_code, late.json()["code"]) == (409, "classification-changed")
    assert desk.client.get("/partnumbers/BC847B").json()["best_classification"]["status"] == "active"


@pytest.mark.parametrize(
    ("fields", "action", "body", "code"),
    [
        ({"ncm": "854121"}, "confirm", {}, "classification-incomplete"),
        ({"ncm": None}, "confirm", {}, "classification-incomplete"),
        ({}, "correct", {"ncm": "99999999"}, "ncm-not-in-force"),
        ({}, "correct", {"ncm": "854121"}, "validation-failed"),
    ],
)
def test_only_a_whole_code_in_force_can_be_confirmed(
    desk: Desk, fields: dict[str, Any], action: str, body: dict[str, Any], code: str
) -> None:
    answer = say(desk, action, answered(desk, **fields), **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_each_of_many_decisions_stands_by_itself(desk: Desk) -> None:
    first, second, third = answered(desk, "PART100"), answered(desk, "PART200"), answered(desk, "PART300", ncm="8541")
    stranger = make_principal()
    add_workspace(desk.engine, stranger)
    told = desk.client.post(
        f"{BASE}/decisions",
        json={
            "decisions": [
                {"classification_id": first["id"], "version": 1, "action": "confirm"},
                {
                    "classification_id": second["id"],
                    "version": 1,
                    "action": "correct",
                    "correction": {"ncm": "85412110"},
                },
                {"classification_id": second["id"], "version": 1, "action": "reject"},
                {"classification_id": third["id"], "version": 1, "action": "confirm"},
            ]
        },
    ).json()
    assert [entry["ncm"] for entry in told["decided"]] == ["85412120", "85412110"]
    assert [(entry["classification_id"], entry["code"]) for entry in told["refused"]] == [
        (second["id"], "classification-changed"),
        (third["id"], "classification-incomplete"),
    ]
    desk.become(stranger)
    decision = {"classification_id": third["id"], "version": 1, "action": "reject"}
    told = desk.client.post(f"{BASE}/decisions", json={"decisions": [decision]}).json()
    assert [entry["code"] for entry in told["refused"]] == ["classification-not-found"]


def test_the_queue_begins_with_what_one_answer_settles_most(desk: Desk) -> None:
    for code in ("GRM188R1", "LM358-DR", "LM358DT", "LM358N", "XY7"):
        answered(desk, code)
    first = desk.client.get(f"{BASE}/review?limit=2").json()
    assert [(entry["series"], entry["waiting"]) for entry in first["items"]] == [("LM358", 3), ("XY7", 1)]
    assert first["items"][0]["proposals"] == {"85412120": 3}
    assert first["items"][0]["partnumbers"] == ["LM358-DR", "LM358DT", "LM358N"]
    rest = desk.client.get(f"{BASE}/review", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert ([entry["series"] for entry in rest["items"]], rest["next_cursor"]) == (["GRM188"], None)
    waiting = desk.client.get(f"{BASE}/review/partnumbers?series=LM358&limit=2").json()
    assert [entry["code"] for entry in waiting["items"]] == ["LM358-DR", "LM358DT"]
    assert waiting["items"][0]["best_classification"]["ncm"] == "85412120"


def test_one_answer_settles_a_series(desk: Desk) -> None:
    answered(desk, "LM358N")
    answered(desk, "LM358DT", ncm="85412110")
    answered(desk, "LM358-DR", ncm=None)
    changed = desk.client.post(f"{BASE}/series/LM358/confirm", json={"ncm": "85423990", "waiting": 2})
    assert (changed.status_code, changed.json()["code"]) == (409, "series-changed")
    told = desk.client.post(
        f"{BASE}/series/LM358/confirm", json={"ncm": "85412120", "exception": "01", "waiting": 3}
    ).json()
    assert told == {"series": "LM358", "confirmed": 1, "corrected": 2}
    assert desk.client.get(f"{BASE}/review").json()["items"] == []
    assert {known.code: known.ncm for known in remembered(desk)} == dict.fromkeys(
        ("LM358N", "LM358DT", "LM358-DR"), "85412120"
    )


def test_the_memory_has_confirmed_parts_near_the_question_first(desk: Desk) -> None:
    for code in ("LM358N", "LM317T", "BC847B"):
        assert say(desk, "confirm", answered(desk, code)).status_code == 200
    answered(desk, "LM358P")
    assert [known.code for known in remembered(desk, ["LM358-DR"])] == ["LM358N", "LM317T"]
    assert remembered(desk, ["ZZZ1"]) == remembered(desk, []) == []
    [known] = remembered(desk, ["bc 847 c"])
    assert (known.code, known.ncm, known.maker, known.series) == ("BC847B", "85412120", "Nexperia", "BC847")


def test_decisions_are_in_the_audit_log(desk: Desk) -> None:
    found = answered(desk)
    say(desk, "confirm", found)
    entries = desk.engine.record.execute(
        "SELECT action, previous_state, new_state FROM audit_log WHERE entity_id = %s", [found["id"]]
    ).fetchall()
    assert [entry["action"] for entry in entries] == ["CONFIRM"]
    assert (entries[0]["previous_state"]["is_confirmed"], entries[0]["new_state"]["is_confirmed"]) == (False, True)
