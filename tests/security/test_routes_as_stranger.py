"""Every route of the OpenAPI document, tried by those who must not get through it.

A new route fails the first test until it is listed in ROUTES with what each of them must be told. Ids in its path are
filled with the victim's: add what is missing to `victim` in `conftest.py`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient, WebSocketTestSession
from tests.security.conftest import People, Victim

SAFE_METHODS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class Route:
    """What those without rights are told.

    `stranger`: somebody of another workspace who knows the victim's ids. `viewer`: a member of the victim's workspace
    who may only look. `narrow`: a token of the victim's own whose scopes fit nothing. `body` holds the victim's ids
    where it names any, by the same names as paths do.
    """

    stranger: int
    viewer: int
    narrow: int = 403
    body: dict[str, Any] | None = None
    is_account_free: bool = False
    """Serves a credential whatever workspace it names."""
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    """Names in the path that stand for another of the victim's ids."""
    query: dict[str, str] | None = None
    """As `body`."""


PUBLIC = None
READ = Route(stranger=404, viewer=200)
LIST = Route(stranger=200, viewer=200)
WRITE = Route(stranger=404, viewer=403)
OWN = Route(stranger=404, viewer=404)
NOBODYS = Route(stranger=404, viewer=404)
"""A public fact, which is not here: nobody is told more of it than another."""
CLASSIFYING = {"task_id": "classification_task_id"}
DECIDE = Route(stranger=404, viewer=403, body={"version": 1})
BULK_DECISION = {"decisions": [{"classification_id": "{classification_id}", "version": 1, "action": "reject"}]}
ADMIN = Route(stranger=403, viewer=403)

ROUTES: dict[str, Route | None] = {
    "POST /api/v1/login/access-token": PUBLIC,
    "POST /api/v1/login/one-time": PUBLIC,
    "POST /api/v1/login/refresh": PUBLIC,
    "POST /api/v1/logout": Route(stranger=204, viewer=204, narrow=401, is_account_free=True),
    "POST /api/v1/users/signup": PUBLIC,
    "POST /api/v1/users/open": PUBLIC,
    "GET /api/v1/users/me": Route(stranger=200, viewer=200, narrow=200),
    "PATCH /api/v1/users/me": Route(stranger=404, viewer=200, body={"default_workspace_id": "{workspace_id}"}),
    "PATCH /api/v1/users/me/password": Route(
        stranger=403, viewer=403, body={"current_password": "a guess", "new_password": "uma senha bem comprida"}
    ),
    "GET /api/v1/users": ADMIN,
    "POST /api/v1/users": ADMIN,
    "GET /api/v1/users/{user_id}": ADMIN,
    "PATCH /api/v1/users/{user_id}": ADMIN,
    "DELETE /api/v1/users/{user_id}": ADMIN,
    "GET /api/v1/tokens": LIST,
    "POST /api/v1/tokens": Route(
        stranger=404, viewer=201, body={"name": "x", "scopes": ["*"], "workspace_id": "{workspace_id}"}
    ),
    "GET /api/v1/tokens/{token_id}": OWN,
    "PATCH /api/v1/tokens/{token_id}": Route(stranger=404, viewer=404, body={"name": "x"}),
    "DELETE /api/v1/tokens/{token_id}": OWN,
    "GET /api/v1/workspaces": LIST,
    "POST /api/v1/workspaces": Route(stranger=201, viewer=201, body={"name": "x"}),
    "POST /api/v1/workspaces/ensure-default": Route(stranger=200, viewer=200),
    "GET /api/v1/workspaces/{workspace_id}": READ,
    "PATCH /api/v1/workspaces/{workspace_id}": Route(stranger=404, viewer=403, body={"name": "x"}),
    "DELETE /api/v1/workspaces/{workspace_id}": WRITE,
    "POST /api/v1/workspaces/invitations/accept": Route(stranger=404, viewer=404, body={"token": "{invitation_id}"}),
    "GET /api/v1/workspaces/{workspace_id}/members": READ,
    "PUT /api/v1/workspaces/{workspace_id}/members/{user_id}": Route(stranger=404, viewer=403, body={"role": "viewer"}),
    "DELETE /api/v1/workspaces/{workspace_id}/members/{user_id}": WRITE,
    "GET /api/v1/workspaces/{workspace_id}/invitations": WRITE,
    "POST /api/v1/workspaces/{workspace_id}/invitations": Route(
        stranger=404, viewer=403, body={"email": "x@example.com", "role": "owner"}
    ),
    "DELETE /api/v1/workspaces/{workspace_id}/invitations/{invitation_id}": WRITE,
    "GET /api/v1/audit-log": Route(stranger=200, viewer=403),
    "POST /api/v1/classify-partnumber": Route(stranger=202, viewer=403, body={"partnumber": "BC847B"}),
    "POST /api/v1/classify-batch": Route(stranger=202, viewer=403, body={"partnumbers": ["BC847B"]}),
    "POST /api/v1/upload-pdf": Route(stranger=400, viewer=403),
    "POST /api/v1/partnumbers/lists": Route(stranger=415, viewer=403),
    "GET /api/v1/partnumbers/review": LIST,
    "GET /api/v1/partnumbers/review/partnumbers": LIST,
    "POST /api/v1/partnumbers/decisions": Route(stranger=200, viewer=403, body=BULK_DECISION),
    "POST /api/v1/partnumbers/series/{series}/confirm": Route(
        stranger=409, viewer=403, body={"ncm": "85412120", "waiting": 1}, renamed={"series": "code"}
    ),
    "POST /api/v1/partnumbers/classifications/{classification_id}/confirm": DECIDE,
    "POST /api/v1/partnumbers/classifications/{classification_id}/reject": DECIDE,
    "POST /api/v1/partnumbers/classifications/{classification_id}/correct": Route(
        stranger=404, viewer=403, body={"version": 1, "ncm": "85412120"}
    ),
    "GET /api/v1/partnumbers/attributes/required-soon": LIST,
    "GET /api/v1/partnumbers/attributes/{code}": Route(stranger=404, viewer=404),  # public facts: the code is none
    "GET /api/v1/partnumbers/manufacturers": LIST,
    "PATCH /api/v1/partnumbers/manufacturers/{manufacturer_id}": Route(stranger=404, viewer=403, body={"version": 1}),
    "GET /api/v1/partnumbers/catalogue": Route(stranger=404, viewer=409, query={"task_id": "{classification_task_id}"}),
    "GET /api/v1/partnumbers/products": LIST,
    "GET /api/v1/partnumbers/products/{code}": READ,
    "PATCH /api/v1/partnumbers/products/{code}": Route(stranger=404, viewer=403, body={"version": 0}),
    "GET /api/v1/partnumbers/precedents": LIST,
    "POST /api/v1/partnumbers/precedents": Route(
        stranger=201, viewer=403, body={"ncm": "85412120", "act": "Solução", "text": "Texto"}
    ),
    "GET /api/v1/partnumbers/precedents/{precedent_id}": READ,
    "PATCH /api/v1/partnumbers/precedents/{precedent_id}": Route(stranger=404, viewer=403, body={"version": 1}),
    "DELETE /api/v1/partnumbers/precedents/{precedent_id}": WRITE,
    "GET /api/v1/tasks": LIST,
    "DELETE /api/v1/tasks/{task_id}": Route(stranger=404, viewer=403, renamed=CLASSIFYING),
    "GET /api/v1/ncm": LIST,
    "GET /api/v1/ncm/{code}": Route(stranger=404, viewer=404),  # public facts: the code is none
    "GET /api/v1/partnumbers": LIST,
    "GET /api/v1/partnumbers/{code}": READ,
    "GET /api/v1/export-excel": Route(stranger=404, viewer=200, query={"task_id": "{classification_task_id}"}),
    "GET /api/v1/partnumbers/tasks/{task_id}": Route(stranger=404, viewer=200, renamed=CLASSIFYING),
    "POST /api/v1/partnumbers/tasks/{task_id}/cancel": Route(stranger=404, viewer=403, renamed=CLASSIFYING),
    "GET /api/v1/partnumbers/tasks/{task_id}/events": Route(stranger=404, viewer=200, renamed=CLASSIFYING),
    "POST /api/v1/audits": Route(stranger=400, viewer=403),
    "GET /api/v1/audits": LIST,
    "GET /api/v1/audits/{job_id}": READ,
    "DELETE /api/v1/audits/{job_id}": WRITE,
    "GET /api/v1/audits/{job_id}/documents": READ,
    "GET /api/v1/audits/{job_id}/findings": READ,
    "GET /api/v1/audits/{job_id}/report": Route(stranger=404, viewer=409),
    "GET /api/v1/audits/{job_id}/events": READ,
    "POST /api/v1/audits/{job_id}/cancel": WRITE,
    "POST /api/v1/audits/{job_id}/retry": WRITE,
    "POST /api/v1/audits/{job_id}/retry-failed": WRITE,
    "POST /api/v1/batch-expenses": Route(stranger=422, viewer=403),
    "GET /api/v1/tasks/{task_id}": READ,
    "POST /api/v1/expenses/audit": Route(stranger=422, viewer=403),
    "POST /api/v1/expenses/batches/file": Route(stranger=415, viewer=403),
    "GET /api/v1/expenses": LIST,
    "GET /api/v1/expenses/export": LIST,
    "GET /api/v1/expenses/services": LIST,
    "PUT /api/v1/expenses/services/{name}": Route(stranger=422, viewer=403),
    "DELETE /api/v1/expenses/services/{name}": Route(stranger=204, viewer=403),
    "POST /api/v1/expenses/reviews": Route(
        stranger=200, viewer=403, body={"review": "approved", "ids": ["{expense_id}"]}
    ),
    "GET /api/v1/expenses/{expense_id}": READ,
    "POST /api/v1/expenses/{expense_id}/approve": Route(stranger=404, viewer=403, body={"note": "x"}),
    "POST /api/v1/expenses/{expense_id}/reject": Route(stranger=404, viewer=403, body={"note": "x"}),
    "POST /api/v1/sync/force": ADMIN,
    "GET /api/v1/sync/status": ADMIN,
    "GET /api/v1/sync/runs": ADMIN,
    "GET /api/v1/procurement/coverage": Route(stranger=422, viewer=422),
    "GET /api/v1/procurement/coverage/calendar": Route(stranger=422, viewer=422),
    "GET /api/v1/procurement/freshness": Route(stranger=422, viewer=422),
    "POST /api/v1/procurement/coverage/refill": Route(
        stranger=403, viewer=403, body={"first": "2026-03-02", "last": "2026-03-02"}
    ),
    "POST /api/v1/procurement/price-references/preview": Route(stranger=422, viewer=422, body={}),
    "POST /api/v1/procurement/price-references": Route(stranger=422, viewer=403, body={}),
    "GET /api/v1/procurement/price-references": LIST,
    "GET /api/v1/procurement/price-references/{reference_id}": READ,
    "GET /api/v1/procurement/price-references/{reference_id}/file": READ,
    "GET /api/v1/procurement/signals": LIST,
    "GET /api/v1/procurement/signals/rules": LIST,
    "GET /api/v1/procurement/signals/{cnpj}/{year}/{sequence}": NOBODYS,
    "GET /api/v1/procurement/saved-searches": LIST,
    "POST /api/v1/procurement/saved-searches": Route(
        stranger=422, viewer=403, body={"name": "x", "filter": {}, "endpoint_ids": ["{endpoint_id}"]}
    ),
    "GET /api/v1/procurement/saved-searches/{search_id}": READ,
    "PATCH /api/v1/procurement/saved-searches/{search_id}": Route(stranger=404, viewer=403, body={"name": "x"}),
    "DELETE /api/v1/procurement/saved-searches/{search_id}": WRITE,
    "GET /api/v1/procurement/saved-searches/{search_id}/matches": READ,
    "GET /api/v1/notifications/endpoints": LIST,
    "POST /api/v1/notifications/endpoints": Route(stranger=201, viewer=403, body={"kind": "live", "name": "x"}),
    "GET /api/v1/notifications/endpoints/{endpoint_id}": READ,
    "PATCH /api/v1/notifications/endpoints/{endpoint_id}": Route(stranger=404, viewer=403, body={"name": "x"}),
    "DELETE /api/v1/notifications/endpoints/{endpoint_id}": WRITE,
    "POST /api/v1/notifications/endpoints/{endpoint_id}/secret": Route(stranger=404, viewer=403, body={}),
    "POST /api/v1/notifications/endpoints/{endpoint_id}/test": WRITE,
    "GET /api/v1/notifications/messages": LIST,
    "GET /api/v1/notifications/deliveries": LIST,
    "GET /api/v1/notifications/deliveries/{delivery_id}": READ,
    "POST /api/v1/notifications/deliveries/{delivery_id}/replay": WRITE,
    "GET /api/v1/notifications/links/{purpose}/{token}": PUBLIC,
    "POST /api/v1/notifications/links/{purpose}/{token}": PUBLIC,
    "GET /api/v1/schedules": LIST,
    "POST /api/v1/schedules": Route(
        stranger=404,
        viewer=403,
        body={
            "name": "x",
            "action": "exports.build",
            "cron": "0 8 * * *",
            "input": {"list": "audit-findings", "format": "csv", "filter": {"audit_id": "{job_id}"}},
        },
    ),
    "GET /api/v1/schedules/actions": LIST,
    "GET /api/v1/schedules/preview": Route(stranger=200, viewer=200, query={"cron": "0 8 * * *"}),
    "GET /api/v1/schedules/{schedule_id}": READ,
    "PATCH /api/v1/schedules/{schedule_id}": Route(stranger=404, viewer=403, body={"name": "x"}),
    "DELETE /api/v1/schedules/{schedule_id}": WRITE,
    "POST /api/v1/schedules/{schedule_id}/run": WRITE,
    "GET /api/v1/schedules/{schedule_id}/runs": READ,
    "GET /api/v1/procurement/procurements": LIST,
    "GET /api/v1/procurement/items": LIST,
    "GET /api/v1/procurement/contracts": LIST,
    "GET /api/v1/procurement/price-records": LIST,
    "GET /api/v1/procurement/procurements/{cnpj}/{year}/{sequence}": NOBODYS,
    "GET /api/v1/procurement/procurements/{cnpj}/{year}/{sequence}/items": NOBODYS,
    "GET /api/v1/procurement/procurements/{cnpj}/{year}/{sequence}/history": NOBODYS,
    "GET /api/v1/procurement/contracts/{cnpj}/{year}/{sequence}": NOBODYS,
    "GET /api/v1/procurement/contracts/{cnpj}/{year}/{sequence}/history": NOBODYS,
    "GET /api/v1/procurement/statistics": LIST,
    "GET /api/v1/procurement/suppliers": LIST,
    "GET /api/v1/procurement/suppliers/{supplier}": NOBODYS,
    "GET /api/v1/procurement/organs": LIST,
    "GET /api/v1/procurement/organs/{cnpj}": NOBODYS,
    "GET /api/v1/suppliers/{cnpj}": Route(stranger=422, viewer=422),
    "GET /api/v1/banking/cost-centers": LIST,
    "POST /api/v1/banking/cost-centers": Route(stranger=201, viewer=403, body={"code": "1", "name": "x"}),
    "GET /api/v1/banking/accounts": LIST,
    "POST /api/v1/banking/accounts": Route(
        stranger=404, viewer=403, body={"name": "x", "cost_center_id": "{cost_center_id}"}
    ),
    "GET /api/v1/banking/accounts/{account_id}": READ,
    "PATCH /api/v1/banking/accounts/{account_id}": Route(stranger=404, viewer=403, body={"name": "x"}),
    "POST /api/v1/banking/accounts/{account_id}/statements": WRITE,
    "POST /api/v1/banking/accounts/{account_id}/sync": WRITE,
    "GET /api/v1/banking/statements": LIST,
    "GET /api/v1/banking/statements/{statement_id}": READ,
    "POST /api/v1/banking/statements/{statement_id}/mapping": Route(stranger=404, viewer=403, body={}),
    "GET /api/v1/banking/transactions": LIST,
    "GET /api/v1/banking/transactions/totals": LIST,
    "GET /api/v1/banking/transactions/{transaction_id}": READ,
    "POST /api/v1/banking/matches": Route(
        stranger=200, viewer=200, body={"payments": [{"transaction_id": "{transaction_id}"}]}
    ),
    "POST /api/v1/banking/pluggy/connect-token": Route(stranger=503, viewer=403),
    "POST /api/v1/banking/pluggy/items": Route(stranger=503, viewer=403, body={"item_id": "{transaction_id}"}),
    "POST /api/v1/banking/pluggy/webhooks": PUBLIC,
    "POST /api/v1/exports": Route(
        stranger=404,
        viewer=403,
        body={"list": "audit-findings", "format": "csv", "filter": {"audit_id": "{job_id}"}},
    ),
    "GET /api/v1/exports": LIST,
    "GET /api/v1/exports/lists": LIST,
    "GET /api/v1/exports/{export_id}": READ,
    "GET /api/v1/exports/{export_id}/file": Route(stranger=404, viewer=409),
    "DELETE /api/v1/exports/{export_id}": WRITE,
    "GET /api/v1/jobs": LIST,
    "GET /api/v1/jobs/dead": LIST,
    "POST /api/v1/jobs/dead/requeue": Route(
        stranger=200, viewer=403, body={"parts": [{"job_id": "{job_id}", "no": 0}]}
    ),
    "GET /api/v1/jobs/queues": LIST,
    "POST /api/v1/jobs/bulk": Route(stranger=200, viewer=403, body={"action": "cancel", "ids": ["{job_id}"]}),
    "GET /api/v1/jobs/{job_id}": READ,
    "GET /api/v1/jobs/{job_id}/parts": READ,
    # Which scope opens it depends on the job's kind, which the narrow token may not learn.
    "GET /api/v1/jobs/{job_id}/events": Route(stranger=404, viewer=200, narrow=404),
    "POST /api/v1/jobs/{job_id}/cancel": WRITE,
    "POST /api/v1/jobs/{job_id}/pause": WRITE,
    "POST /api/v1/jobs/{job_id}/resume": WRITE,
    "POST /api/v1/jobs/{job_id}/retry": WRITE,
    "POST /api/v1/jobs/{job_id}/retry-failed": WRITE,
    "GET /api/v1/health/live": PUBLIC,
    "GET /api/v1/health/ready": PUBLIC,
}

GUARDED = {name: route for name, route in ROUTES.items() if route is not None}
SOCKET_MESSAGES = {"connect", "disconnect", "join", "leave", "authenticate", "ping_event", "message"}

every_guarded_route = pytest.mark.parametrize("name", GUARDED)


def fill(template: Any, ids: dict[str, str]) -> Any:
    """Puts the victim's ids wherever the template names them."""
    match template:
        case str():
            return template.format_map(ids)
        case list():
            return [fill(each, ids) for each in template]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {key: fill(value, ids) for key, value in template.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return template


def call(client: TestClient, name: str, victim: Victim, headers: dict[str, str]) -> Response:
    method, path = name.split(" ", 1)
    route = GUARDED[name]
    ids = victim.ids | {name: victim.ids[other] for name, other in route.renamed.items()}
    body, query = fill(route.body, ids), fill(route.query, ids)
    return client.request(
        method, path.format_map(ids), json=body, params=query, headers=headers, follow_redirects=False
    )


def test_every_route_is_listed_and_every_listed_route_exists(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    documented = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    assert documented == set(ROUTES)


def test_every_guarded_route_asks_for_a_credential_in_the_document(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    paths = app.openapi()["paths"]
    open_to_all = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if not operation.get("security")
    }
    public = {name for name, route in ROUTES.items() if route is None}
    assert open_to_all == public | {"POST /api/v1/logout"}


@every_guarded_route
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer mlh_" + "x" * 43},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic YTpi"},
    ],
    ids=["nothing", "empty", "api-token", "jwt", "basic"],
)
def test_nobody_gets_in_without_a_credential(
    client: TestClient, victim: Victim, name: str, headers: dict[str, str]
) -> None:
    answer = call(client, name, victim, headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@every_guarded_route
def test_a_stranger_sees_and_changes_nothing(client: TestClient, people: People, victim: Victim, name: str) -> None:
    before = people.digest(victim.account)
    answer = call(client, name, victim, people.add().headers)
    assert answer.status_code == GUARDED[name].stranger, answer.text
    if answer.is_success:
        sent = str(fill(GUARDED[name].body, victim.ids))  # to be told that one's own words mean nothing says nothing
        marks = [mark for mark in (victim.account.email, *victim.ids.values()) if mark not in sent]
        assert [mark for mark in marks if mark in answer.text] == []
    assert people.digest(victim.account) == before


@every_guarded_route
def test_a_stranger_does_not_enter_the_workspace_by_naming_it(
    client: TestClient, people: People, victim: Victim, name: str
) -> None:
    headers = {**people.add().headers, "X-Workspace-Id": victim.ids["workspace_id"]}
    answer = call(client, name, victim, headers)
    if GUARDED[name].is_account_free:
        assert answer.status_code == GUARDED[name].stranger
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "workspace-not-found")


# The stream of a job that waits does not end by itself.
@pytest.mark.parametrize("name", [name for name in GUARDED if not name.endswith("/events")])
def test_a_viewer_looks_and_changes_nothing(client: TestClient, people: People, victim: Victim, name: str) -> None:
    viewer = people.add_viewer(victim.account)
    before = people.digest(victim.account)
    headers = {**viewer.headers, "X-Workspace-Id": victim.ids["workspace_id"]}
    answer = call(client, name, victim, headers)
    assert answer.status_code == GUARDED[name].viewer, answer.text
    assert people.digest(victim.account) == before


@every_guarded_route
def test_a_token_without_the_scope_is_told_so(client: TestClient, people: People, victim: Victim, name: str) -> None:
    before = people.digest(victim.account)
    answer = call(client, name, victim, {"Authorization": f"Bearer {victim.narrow_token}"})
    assert answer.status_code == GUARDED[name].narrow, answer.text
    if answer.status_code == 403:
        assert answer.json()["code"] == "scope-missing"
        assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert people.digest(victim.account) == before


def test_every_socket_message_is_listed(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    assert set(app.state.realtime.sockets.server.handlers["/"]) == SOCKET_MESSAGES


@contextlib.contextmanager
def open_socket(client: TestClient, token: str, workspace_id: str = "") -> Iterator[tuple[WebSocketTestSession, str]]:
    """A Socket.IO connection and the server's answer to it: `40` accepted, `44` refused."""
    upgrade = {"Upgrade": "websocket"}
    with client.websocket_connect("/socket.io/?EIO=4&transport=websocket", headers=upgrade) as socket:
        assert socket.receive_text().startswith("0")
        socket.send_text("40" + json.dumps({"token": token, "workspace_id": workspace_id}))
        yield socket, socket.receive_text()


def ask(socket: WebSocketTestSession, message: str, payload: dict[str, Any]) -> Any:
    """Sends a message and returns its acknowledgement, whatever else comes in between."""
    socket.send_text("421" + json.dumps([message, payload]))
    while not (packet := socket.receive_text()).startswith("431"):
        pass
    return json.loads(packet[3:])[0]


@pytest.mark.parametrize(
    "room", ["job:{job_id}", "workspace:{workspace_id}", "user:{user_id}", "notifications:{workspace_id}", "{room_id}"]
)
def test_a_stranger_joins_no_room_of_the_victims(client: TestClient, people: People, victim: Victim, room: str) -> None:
    name = fill(room, victim.ids)
    with open_socket(client, people.add().access_token) as (stranger, _):
        assert ask(stranger, "join", {"room": name}) == {"ok": False, "error": "room-not-found"}
    with open_socket(client, victim.account.access_token) as (owner, _):
        assert ask(owner, "join", {"room": name})["ok"] is True


def test_nobody_opens_a_socket_without_a_credential_or_into_another_workspace(
    client: TestClient, people: People, victim: Victim
) -> None:
    stranger = people.add()
    attempts = [("", ""), ("mlh_" + "x" * 43, ""), (stranger.access_token, victim.ids["workspace_id"])]
    told: list[str] = []
    for token, workspace_id in attempts:
        with open_socket(client, token, workspace_id) as (_, answer):
            assert answer.startswith("44")
            told.append(json.loads(answer[2:])["message"])
    assert told == ["not-authenticated", "not-authenticated", "workspace-not-found"]


def test_a_socket_does_not_become_the_victims_by_renewing_its_token(
    client: TestClient, people: People, victim: Victim
) -> None:
    with open_socket(client, people.add().access_token) as (socket, _):
        refused = {"ok": False, "error": "not-authenticated"}
        assert ask(socket, "authenticate", {"token": victim.account.access_token}) == refused
