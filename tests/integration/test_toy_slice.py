"""A slice is added with one entry in the list: here one in a temporary package, from its request to its result."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from uuid import UUID

import pytest
from pydantic import ValidationError
from tests.factories.identity import make_principal
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine

from malha.main import create_app
from malha.settings import Settings
from malha.slices import SLICES

FILES = {
    "__init__.py": '"""Doubles numbers."""\n',
    "settings.py": """
        from pydantic import Field

        from malha.settings import SettingsGroup


        class ToySettings(SettingsGroup):
            greatest: int = Field(default=10, validation_alias="TOY_GREATEST", ge=1)


        GROUPS = (ToySettings,)
    """,
    "tasks.py": """
        from malha.jobs import PartContext, handler
        from toy.settings import ToySettings


        @handler("toy.double")
        async def double(part: PartContext) -> dict[str, int]:
            greatest = part.runtime.settings.of(ToySettings).greatest
            return {"doubled": 2 * min(part.job_input["number"], greatest)}
    """,
    "service.py": """
        from malha.jobs import Accept, Accepted, NewJob


        async def take_number(accept: Accept, number: int) -> Accepted:
            new = NewJob(kind="toy.double", input={"number": number}, parts=[{}])
            return await accept.body("toy.double", str(number), new)
    """,
    "routes.py": """
        from typing import Annotated

        from fastapi import APIRouter, Depends, Response

        from malha.identity.policy import Principal, require
        from malha.jobs import ACCEPT_REFUSED, AcceptDep
        from toy import service

        router = APIRouter(prefix="/toys", tags=["toys"])
        root_router = APIRouter(tags=["toys"])
        Writer = Annotated[Principal, Depends(require("jobs:write"))]


        @root_router.post("/double", status_code=202, responses=ACCEPT_REFUSED)
        async def double_number(_principal: Writer, accept: AcceptDep, response: Response, number: int) -> str:
            accepted = await service.take_number(accept, number)
            accepted.answer(response, f"/api/v1/jobs/{accepted.job_id}")
            return str(accepted.job_id)
    """,
}


@pytest.fixture
def slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, ...]]:
    """The platform's slices and the toy."""
    package = tmp_path / "toy"
    package.mkdir()
    for name, text in FILES.items():
        (package / name).write_text(dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    yield (*SLICES, "toy")
    for name in [name for name in sys.modules if name.split(".")[0] == "toy"]:
        del sys.modules[name]


def test_a_wrong_setting_of_a_slice_stops_the_start(slices: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_GREATEST", "a-secret")
    with pytest.raises(ValidationError, match="TOY_GREATEST") as raised:
        create_app(Settings(), slices)
    assert "a-secret" not in str(raised.value)


def test_one_entry_adds_a_slice(
    slices: tuple[str, ...], database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_GREATEST", "20")
    engine = Engine(database_url, redis_url)
    with open_application(engine.settings, slices) as application:
        become(application.app, make_principal())
        client, key = application.client, {"Idempotency-Key": "k"}
        first = client.post("/double?number=21", headers=key)
        again = client.post("/api/v1/double?number=21", headers=key)
        other = client.post("/double?number=22", headers=key)
        assert (first.status_code, again.status_code, other.status_code) == (202, 200, 422)
        assert first.json() == again.json()
        [dispatch] = application.dispatcher.sent
        assert dispatch == ("toy.double", UUID(first.json()), 1)
        assert engine.deliver("toy.double", (UUID(first.json()), 0, 0)) == 1
        job = client.get(first.headers["Location"]).json()
    assert (job["state"], job["result"]) == ("succeeded", {"doubled": 40})
    engine.record.execute("TRUNCATE idempotency_keys")
    engine.close()
