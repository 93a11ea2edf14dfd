"""A form with a file of expenses: its file is limited while it arrives, and gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from starlette.requests import Request
from tests.factories.forms import CONTENT_TYPE, FormFile, form_body, form_request, in_chunks
from tests.factories.identity import make_principal
from tests.fakes.accepting import accepting, planned

from malha.expenses.service import take_file
from malha.storage.errors import UploadFileTooLargeError, UploadInterruptedError

pytestmark = pytest.mark.anyio

CHUNK = 64 * 1024
LINE = b"11222333000181;limpeza\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def form(lines: int, **fields: str) -> bytes:
    file = FormFile("despesas.csv", b"cnpj;service_type\n" + LINE * lines, "text/csv", "file")
    return form_body([file], list(fields.items()))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_file_of_any_size_below_the_limit_is_read(temporary: Path) -> None:
    request = form_request(in_chunks(form(60_000, approval_limit="10.50"), CHUNK))
    new = planned(await take_file(accepting(request), make_principal(), language="pt"))
    assert (new.input["total"], len(new.parts)) == (60_000, 60)
    assert names_in(temporary) == []


async def test_a_file_over_the_limit_is_refused_before_the_rest_of_it_is_asked_for() -> None:
    chunks = iter(in_chunks(form(200_000), CHUNK))
    taken: list[int] = []

    async def receive() -> dict[str, object]:
        chunk = next(chunks)
        taken.append(len(chunk))
        return {"type": "http.request", "body": chunk, "more_body": True}

    headers = [(b"content-type", CONTENT_TYPE.encode())]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    with pytest.raises(UploadFileTooLargeError):
        await take_file(accepting(request, max_file_bytes=100_000), make_principal(), language="pt")
    assert sum(taken) < 3 * CHUNK


async def test_a_sender_that_goes_away_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(UploadInterruptedError):
        await take_file(accepting(form_request([form(10)[:-30]], is_cut=True)), make_principal(), language="pt")
    assert names_in(temporary) == []
