"""A language model on loopback that helps, lies, cuts and stalls: our answer stands unless it chose a candidate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.fakes.loopback import LoopbackServer

from malha.ai_server.answers import Answerer
from malha.ai_server.language_model import LanguageModel
from malha.partnumbers.classifier import PartNumberInput

PART = PartNumberInput("LM358", "voltage regulator")
"""Number and words disagree about it, so that nothing is accepted."""


@dataclass
class FakeModel:
    """Says what it is told to say."""

    says: Any = None
    status: int = 200
    body: bytes | None = None
    stalls_seconds: float = 0
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    url: str = ""

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/chat/completions", self.complete, methods=["POST"])])

    async def complete(self, request: Request) -> Response:
        self.requests.append(await request.json() | {"authorization": request.headers.get("authorization")})
        await asyncio.sleep(self.stalls_seconds)
        content = self.says if isinstance(self.says, str) else json.dumps(self.says)
        body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        return Response(body if self.body is None else self.body, self.status)


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    model = FakeModel()
    with LoopbackServer(model.app) as server:
        model.url = f"{server.url}/v1"
        yield model


def ask(fake: FakeModel, part: PartNumberInput = PART) -> dict[str, Any]:
    model = LanguageModel(fake.url, "tiny", "secret", 1)
    return asyncio.run(Answerer(language_model=model).answer(part))


def test_it_may_choose_a_candidate_and_sees_nothing_but_them_and_their_rules(fake: FakeModel) -> None:
    alone = asyncio.run(Answerer().answer(PART))
    second = alone["candidates"][1]["code"]
    fake.says = {"code": second, "reason": "A descrição diz."}
    told = ask(fake)
    assert (told["ncm"], told["is_accepted"]) == (second, False)
    assert told["confidence_score"] == alone["candidates"][1]["confidence"]
    assert told["language_model"] == {"model": "tiny", "code": second, "reason": "A descrição diz."}
    [request] = fake.requests
    assert request["authorization"] == "Bearer secret"
    offered = json.loads(request["messages"][1]["content"])["candidates"]
    assert [candidate["code"] for candidate in offered] == [entry["code"] for entry in alone["candidates"]]
    assert all(candidate["path"] and candidate["because"] for candidate in offered)


FAULTS: dict[str, dict[str, Any]] = {
    "invents a code": {"says": {"code": "99999999", "reason": ""}},
    "names a real code that was not offered": {"says": {"code": "01012100", "reason": ""}},
    "answers in prose": {"says": "It is an amplifier."},
    "answers in another schema": {"says": {"ncm": "854233"}},
    "answers a number": {"says": {"code": 854233}},
    "is cut": {"body": b'{"choices": [{"message": {"content": "{\\"code\\": \\"8542'},
    "says nothing": {"body": b""},
    "has no choices": {"body": b'{"choices": []}'},
    "talks without end": {"body": b" " * 300_000},
    "writes a long reason": {"says": {"code": "854233", "reason": "x" * 3_000}},
    "fails": {"status": 500},
    "wants money": {"status": 402},
    "stalls": {"stalls_seconds": 2, "says": {"code": "854233"}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_changes_nothing_and_is_said(fake: FakeModel, fault: dict[str, Any]) -> None:
    for name, value in fault.items():
        setattr(fake, name, value)
    told = ask(fake)
    assert told.pop("language_model").keys() == {"error"}
    assert told == asyncio.run(Answerer().answer(PART))


def test_an_absent_one_changes_nothing() -> None:
    told = ask(FakeModel(url="http://127.0.0.1:9/v1"))
    assert "error" in told["language_model"]
    assert told["ncm"] == asyncio.run(Answerer().answer(PART))["ncm"]


def test_none_leaves_the_order_and_what_is_sure_is_not_asked_about(fake: FakeModel) -> None:
    fake.says = {"code": "none", "reason": "Nenhum."}
    assert ask(fake)["ncm"] == asyncio.run(Answerer().answer(PART))["ncm"]
    sure = PartNumberInput("LM358DR", "Dual operational amplifier, SOIC-8")
    assert ask(fake, sure)["is_accepted"]
    assert len(fake.requests) == 1
