"""With the database or Redis away: honest answers, on every route, and service again once they are back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import Depends
from sqlalchemy import text
from tests.integration.http.conftest import Platform

from malha.db import Session, engine
from malha.dependencies import get_write_session
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal

NO_DATABASE = {"/api/v1/health/live", "/metrics", "/openapi.json", "/docs", "/redoc", "/", "/console"}
ENGLISH = {"Accept-Language": "en"}
XML_NOTE = b"<NFe><infNFe/></NFe>"


def check_away(answer: Any, code: str = "database-unavailable") -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["code"] == code


def every_operation(platform: Platform) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = platform.app.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def call(platform: Platform, method: str, path: str, **options: Any) -> Any:
    filled = path.replace("{cnpj}", "12ABC34501DE35").replace("{name}", "x")
    while "{" in filled:
        start, end = filled.index("{"), filled.index("}")
        filled = filled[:start] + str(uuid4()) + filled[end + 1 :]
    headers = {**platform.headers, "Idempotency-Key": uuid4().hex}
    return platform.client.request(method, filled, headers=headers, follow_redirects=False, **options)


def go_away(platform: Platform) -> None:
    platform.database.is_away = True
    platform.database.break_all()


def test_whoever_must_be_looked_up_is_told_that_the_database_is_away(platform: Platform) -> None:
    guarded = [
        (method, path)
        for path, methods in platform.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") and path != "/api/v1/logout"
    ]
    assert len(guarded) > 60
    go_away(platform)
    for method, path in guarded:
        platform.forget_callers()
        check_away(call(platform, method.upper(), path, json={}))
    platform.database.is_away = False
    assert platform.client.get("/api/v1/users/me", headers=platform.headers).status_code == 200


def test_no_route_answers_500_to_whoever_is_known_already(platform: Platform) -> None:
    class Known:
        async def authenticate(self, *_: object) -> Principal:
            return principal

        def forget(self) -> None:
            pass

    principal = Principal(
        user_id=uuid4(),
        email="x@example.com",
        is_superuser=True,
        workspace_id=uuid4(),
        role=Role.OWNER,
        scopes=None,
        via="jwt",
        credential_id=uuid4(),
        bound_to=None,
    )
    go_away(platform)
    platform.app.state.authenticator = Known()
    statuses: dict[str, int] = {}
    for method, path in every_operation(platform):
        if path in NO_DATABASE or path == "/api/v1/expenses/export":  # a stream that has begun cannot be taken back
            continue
        answer = call(platform, method, path, json={"refresh_token": "x", "token": "x", "name": "x"})
        statuses[f"{method} {path}"] = answer.status_code
        if answer.status_code == 503 and path != "/api/v1/health/ready" and "pluggy" not in path:
            check_away(answer)
    wrong = {name: status for name, status in statuses.items() if status >= 500 and status != 503}
    assert wrong == {}
    assert sum(status == 503 for status in statuses.values()) > 40


def test_a_form_is_refused_before_its_files_are_kept(platform: Platform) -> None:
    files = {"files": ("nota.xml", XML_NOTE)}
    known = platform.client.get("/api/v1/users/me", headers=platform.headers)
    assert known.status_code == 200  # the credential is remembered now, so that the route itself meets the outage
    go_away(platform)
    check_away(call(platform, "POST", "/api/v1/audits", files=files))


def test_a_login_and_a_page_say_the_same(platform: Platform) -> None:
    go_away(platform)
    form = {"username": "x@example.com", "password": "x"}
    check_away(platform.client.post("/api/v1/login/access-token", data=form))
    answer = platform.client.get("/api/v1/jobs", headers=platform.headers | ENGLISH)
    assert answer.json()["detail"] == "The database does not answer: try again in 5 seconds."


def test_a_server_that_goes_in_mid_request_is_away(platform: Platform) -> None:
    begun = threading.Event()

    @platform.app.get("/wait")
    async def wait(session: Annotated[Session, Depends(get_write_session)]) -> None:
        await session.execute(text("SELECT 1"))
        begun.set()
        await session.execute(text("SELECT pg_sleep(30)"))

    def cut() -> None:
        assert begun.wait(10)
        time.sleep(0.2)
        platform.database.break_all()

    cutter = threading.Thread(target=cut)
    cutter.start()
    check_away(platform.client.get("/wait"))
    cutter.join()
    assert platform.client.get("/api/v1/users/me", headers=platform.headers).status_code == 200


def test_a_server_that_says_nothing_is_not_waited_for(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.CONNECT_TIMEOUT_SECONDS <= 10
    platform.database.is_silent = True
    platform.database.break_all()
    platform.forget_callers()
    check_away(platform.client.get("/api/v1/users/me", headers=platform.headers))


STATEMENTS = {
    "too slow": "SET LOCAL statement_timeout = 10; SELECT pg_sleep(10)",
    "wrong": "SELECT 1 / 0",
    "unknown table": "SELECT * FROM nowhere",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_what_is_wrong_with_a_statement_is_no_outage(platform: Platform, statement: str) -> None:
    @platform.app.get("/fail")
    async def fail(session: Annotated[Session, Depends(get_write_session)]) -> None:
        for part in statement.split("; "):
            await session.execute(text(part))

    answer = platform.client.get("/fail")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "retry-after" not in answer.headers


def break_redis(platform: Platform) -> None:
    platform.redis.is_away = True
    platform.redis.break_all()


REDIS_IS_NOT_NEEDED: dict[str, Callable[[Platform], Any]] = {
    "reading": lambda platform: platform.client.get("/api/v1/jobs", headers=platform.headers),
    "an audit": lambda platform: call(platform, "POST", "/api/v1/audits", files={"files": ("nota.xml", XML_NOTE)}),
    "a batch": lambda platform: call(
        platform, "POST", "/api/v1/batch-expenses", json={"items": [{"cnpj": "1", "service_type": "x"}]}
    ),
    "an export": lambda platform: call(
        platform, "POST", "/api/v1/exports", json={"list": "expenses", "format": "csv", "filter": {}}
    ),
}


@pytest.mark.parametrize("name", REDIS_IS_NOT_NEEDED)
def test_work_is_taken_in_while_redis_is_away(platform: Platform, name: str) -> None:
    break_redis(platform)
    assert REDIS_IS_NOT_NEEDED[name](platform).status_code in {200, 202}


def test_readiness_names_what_is_away_and_liveness_does_not_care(platform: Platform) -> None:
    break_redis(platform)
    answer = platform.client.get("/api/v1/health/ready")
    assert (answer.status_code, answer.json()["checks"]) == (
        503,
        {"database": "ok", "celery": "error", "procurement": "ok"},
    )
    go_away(platform)
    answer = platform.client.get("/api/v1/health/ready")
    assert (answer.status_code, answer.json()["checks"]) == (
        503,
        {"database": "error", "celery": "error", "procurement": "ok"},
    )
    assert platform.client.get("/api/v1/health/live").status_code == 200


def test_no_route_answers_500_while_redis_is_away(platform: Platform) -> None:
    break_redis(platform)
    statuses = {
        f"{method} {path}": call(platform, method, path, json={}).status_code
        for method, path in every_operation(platform)
        if not path.endswith("/events")
    }
    assert {name: status for name, status in statuses.items() if status >= 500 and status != 503} == {}
