"""Whole answers of an application: one language throughout."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, Header, HTTPException, Query
from pydantic import BaseModel, Field
from starlette.testclient import TestClient

from malha.errors import MalhaError, install_error_handlers
from malha.storage.errors import UploadFileTooLargeError

ENGLISH = {"Accept-Language": "en-US,en;q=0.9"}


class Body(BaseModel):
    amount: Annotated[int, Field(alias="vNF", ge=1)]


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/things")
    async def make_thing(body: Body, limit: Annotated[int, Query(alias="max")] = 1) -> int:
        return body.amount + limit

    @app.post("/forms")
    async def take_form(name: Annotated[str, Form()]) -> str:
        return name

    @app.get("/headers")
    async def read_header(key: Annotated[int, Header(alias="X-Number")]) -> int:
        return key

    @app.get("/fails/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "teapot": HTTPException(418, "I am short and stout"),
            "large": UploadFileTooLargeError(name="a.xml", limit=25 * 1024 * 1024),
            "ours": MalhaError(),
            "other": RuntimeError("with a secret"),
        }[kind]

    return TestClient(app, raise_server_exceptions=False)


CASES: list[tuple[str, str, dict[str, Any], int, str, str]] = [
    ("GET", "/nowhere", {}, 404, "Não encontrado", "Not Found"),
    ("PUT", "/things", {}, 405, "Método não permitido", "Method Not Allowed"),
    ("POST", "/things", {"json": {}}, 422, "Conteúdo inválido", "Unprocessable Content"),
    (
        "POST",
        "/things",
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        422,
        "Conteúdo inválido",
        "",
    ),
    (
        "POST",
        "/forms",
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        "Requisição inválida",
        "",
    ),
    ("GET", "/fails/large", {}, 413, "Conteúdo grande demais", "Content Too Large"),
    ("GET", "/fails/teapot", {}, 418, "Requisição inválida", ""),
    ("GET", "/fails/ours", {}, 500, "Erro interno", ""),
    ("GET", "/fails/other", {}, 500, "Erro interno", ""),
]
WORDS = {"the", "is", "not", "of", "body", "error", "should", "field", "required", "a", "request"}


@pytest.mark.parametrize(("method", "path", "options", "status", "portuguese", "english"), CASES)
def test_title_detail_and_fields_are_in_one_language(
    client: TestClient, method: str, path: str, options: dict[str, Any], status: int, portuguese: str, english: str
) -> None:
    answer = client.request(method, path, **options)
    problem = answer.json()
    assert (answer.status_code, problem["title"]) == (status, portuguese)
    texts = [problem["title"], problem["detail"], *(error["msg"] for error in problem.get("errors", []))]
    assert not WORDS & {word.strip(".,").lower() for text in texts for word in text.split()} - {"a"}
    other = client.request(method, path, **{**options, "headers": options.get("headers", {}) | ENGLISH}).json()
    assert other["title"] != portuguese
    assert not english or other["title"] == english
    assert other["detail"] != problem["detail"]
    assert other["code"] == problem["code"]


@pytest.mark.parametrize(
    ("method", "path", "options", "location"),
    [
        ("POST", "/things", {"json": {"vNF": 0}}, ["body", "vNF"]),
        ("POST", "/things?max=x", {"json": {"vNF": 1}}, ["query", "max"]),
        ("GET", "/headers", {"headers": {"X-Number": "x"}}, ["header", "X-Number"]),
    ],
)
def test_a_field_has_the_name_that_the_client_sent(
    client: TestClient, method: str, path: str, options: dict[str, Any], location: list[str]
) -> None:
    errors = client.request(method, path, **options).json()["errors"]
    assert [error["loc"] for error in errors] == [location]


def test_sizes_are_said_in_megabytes(client: TestClient) -> None:
    assert "25 MB" in client.get("/fails/large").json()["detail"]


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("", "Não encontrado"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "Não encontrado"),
        ("en;q=0.5, pt;q=0.9", "Não encontrado"),
        ("fr, en;q=0.3", "Not Found"),
        ("en, pt", "Not Found"),
        ("en;q=0", "Não encontrado"),
        ("en;q=much", "Not Found"),
        ("de", "Não encontrado"),
    ],
)
def test_the_language_is_the_one_that_the_caller_likes_best(client: TestClient, wanted: str, title: str) -> None:
    assert client.get("/nowhere", headers={"Accept-Language": wanted}).json()["title"] == title
