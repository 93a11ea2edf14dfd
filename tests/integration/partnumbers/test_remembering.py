"""What the workspace has confirmed goes with the question, and the reference server uses it from the first one on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.fakes.ai_server import Conduct, done, progress, result
from tests.integration.partnumbers.conftest import Desk
from tests.integration.partnumbers.test_deciding import answered, say

from malha.db import Database
from malha.partnumbers.classifier import load_model
from malha.partnumbers.learning import Trained
from malha.partnumbers.service import learn


def test_the_question_carries_what_was_confirmed_of_the_series_and_nothing_else(desk: Desk) -> None:
    say(desk, "confirm", answered(desk, "QZX1200A"))
    answered(desk, "QZX1200B")
    assert desk.ai.requests[-1]["memory"] == [
        {
            "partnumber": "QZX1200A",
            "ncm": "85412120",
            "manufacturer": "Nexperia",
            "confirmed_at": desk.client.get("/partnumbers/QZX1200A").json()["confirmed_at"][:10],
        }
    ]
    answered(desk, "WWW77")
    assert "memory" not in desk.ai.requests[-1]


def test_a_single_confirmation_decides_the_next_number_of_its_series(desk: Desk, reference_url: str) -> None:
    desk.ai.conduct = Conduct(script=lambda body: [progress(), done(body["partnumber"], ncm="85044030")])
    [first] = desk.work(desk.single("QZX1200A"))["classifications"]
    desk.configure(ai_server_url=reference_url)
    [before] = desk.work(desk.single("QZX1200B"))["classifications"]
    assert before["ncm"] is None
    say(desk, "confirm", first)
    task = desk.work(desk.batch("QZX1200B", "QZX1200C", reclassify=True))
    assert [found["ncm"] for found in task["classifications"]] == ["850440", "850440"]
    [precedent] = task["classifications"][0]["result"]["candidates"][0]["precedents"]
    assert (precedent["partnumber"], precedent["ncm"]) == ("QZX1200A", "85044030")


def test_a_model_is_trained_from_confirmations_by_the_command(desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    codes = {"A": "85412920", "Z": "85044030"}
    rows = [
        (f"{start}{letter}{no}{letter}", ncm) for start in "KLMNP" for letter, ncm in codes.items() for no in "12345"
    ]
    desk.ai.conduct = Conduct(
        script=lambda body: [
            {"status": "done", "result": [result(code, ncm=dict(rows)[code]) for code in body["partnumbers"]]}
        ]
    )
    desk.configure(chunk=50)
    for found in desk.work(desk.batch(*[code for code, _ in rows]))["classifications"]:
        say(desk, "confirm", found)
    database = Database(desk.engine.settings.database)

    async def run() -> Trained:
        try:
            return await learn(database, tmp_path, [desk.principal.workspace_id])
        finally:
            await database.dispose()

    trained = asyncio.run(run())
    assert trained.examples == len(rows)
    model = load_model(tmp_path)
    assert [model.rank(code)[0][0] for code in ("QA7A", "QZ7Z")] == ["854129", "850440"]
