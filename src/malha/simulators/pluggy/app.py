"""The ASGI application: Pluggy's endpoints, and `/_control` for those who test.

Run it with `uvicorn malha.simulators.pluggy.app:app`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from math import ceil
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from malha.simulators.conduct import Dropped, Limit, control_routes
from malha.simulators.pluggy.state import ENDPOINTS, FAULTS, Ask, State

MOST_IDS = 500
_V1_ONLY = ("from", "to", "page", "pageSize", "limit", "itemId", "order")

Answer = Callable[[Request], Awaitable[Response]]


def build_app(state: State | None = None) -> Starlette:
    """A Pluggy of its own; `app.state.pluggy` is its State."""
    pluggy = _Pluggy(state or State())
    routes = [
        pluggy.route("/auth", "auth", pluggy.auth, methods=["POST"], needs_key=False),
        pluggy.route("/connect_token", "connect_token", pluggy.connect_token, methods=["POST"]),
        pluggy.route("/items/{id}", "items", pluggy.get_item),
        pluggy.route("/accounts", "accounts", pluggy.list_accounts),
        pluggy.route("/accounts/{id}", "accounts", pluggy.get_account),
        pluggy.route("/transactions", "transactions", pluggy.list_transactions_v1),
        pluggy.route("/v2/transactions", "transactions", pluggy.list_transactions),
        *_control_routes(pluggy.state),
    ]
    app = Starlette(routes=routes)
    app.state.pluggy = pluggy.state
    return app


class _Pluggy:
    def __init__(self, state: State) -> None:
        self.state = state

    def route(
        self, path: str, endpoint: str, answer: Answer, *, methods: list[str] | None = None, needs_key: bool = True
    ) -> Route:
        """A route that is counted, limited, guarded, and may fail on demand."""

        async def serve(request: Request) -> Response:
            arrived, position = self.state.clock(), len(self.state.asks)
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            self.state.asks.append(Ask(endpoint, target, arrived, 0))
            response = await self._answer(request, endpoint, answer, needs_key=needs_key)
            if position < len(self.state.asks):
                self.state.asks[position] = Ask(endpoint, target, arrived, response.status_code)
            return response

        return Route(path, serve, methods=methods or ["GET"])

    async def _answer(self, request: Request, endpoint: str, answer: Answer, *, needs_key: bool) -> Response:
        wait = self.state.wait_seconds(endpoint)
        if wait:
            return _limited(self.state.limits.get(endpoint), wait)
        fault = self.state.take_fault(endpoint)
        if fault == "error":
            return _error(500, "Internal server error")
        if fault == "html":
            return HTMLResponse("<html><body>Bad Gateway</body></html>", 502)
        if fault == "drop":
            return Dropped(b'{"results": [')
        if needs_key and not self.state.is_key(request.headers.get("x-api-key")):
            return _error(403, "Missing or invalid authorization token")
        request.state.fault = fault
        return await answer(request)

    async def auth(self, request: Request) -> Response:
        """`POST /auth`."""
        body = await request.json()
        if self.state.clients.get(body.get("clientId")) != body.get("clientSecret"):
            return _error(401, "Client keys are invalid", "CLIENT_KEYS_UNAUTHORIZED")
        return JSONResponse({"apiKey": self.state.make_key()})

    async def connect_token(self, request: Request) -> Response:
        """`POST /connect_token`; the token says whose it is, so that a test can play the widget."""
        body = await request.json() if await request.body() else {}
        user = (body.get("options") or {}).get("clientUserId") or ""
        return JSONResponse({"accessToken": f"simulated-connect:{user}"})

    async def get_item(self, request: Request) -> Response:
        """`GET /items/{id}`."""
        item = self.state.items.get(request.path_params["id"])
        return JSONResponse(item) if item else _error(404, "Item not found", "ITEM_NOT_FOUND")

    async def list_accounts(self, request: Request) -> Response:
        """`GET /accounts?itemId=`."""
        item_id = request.query_params.get("itemId")
        if item_id not in self.state.items:
            return _error(404, "Item not found", "ITEM_NOT_FOUND")
        results = [account for account in self.state.accounts.values() if account["itemId"] == item_id]
        return JSONResponse({"total": len(results), "totalPages": 1, "page": 1, "results": results})

    async def get_account(self, request: Request) -> Response:
        """`GET /accounts/{id}`."""
        account = self.state.accounts.get(request.path_params["id"])
        return JSONResponse(account) if account else _error(404, "Account not found", "ACCOUNT_NOT_FOUND")

    async def list_transactions_v1(self, _request: Request) -> Response:
        """`GET /transactions`: switched off."""
        return _error(410, "This endpoint was deprecated, use /v2/transactions", "ENDPOINT_GONE")

    async def list_transactions(self, request: Request) -> Response:
        """`GET /v2/transactions`, newest first, 500 a page."""
        query: dict[str, Any] = dict(request.query_params)
        problem = _problem(query)
        if problem:
            return _error(400, problem, "BAD_REQUEST")
        account_id = query["accountId"]
        if account_id not in self.state.transactions:
            return _error(404, "Account not found", "ACCOUNT_NOT_FOUND")
        if "after" in query:
            try:
                query = {**_unpack(query["after"]), "accountId": account_id}
            except ValueError:
                return _error(400, "after is not a cursor", "BAD_REQUEST")
        rows = sorted(self._matching(account_id, query), key=lambda row: (row["date"], row["id"]), reverse=True)
        if "place" in query:
            rows = [row for row in rows if [row["date"], row["id"]] < query["place"]]
        page, rest = rows[: self.state.page_size], rows[self.state.page_size :]
        following = self._next(request, query, page) if rest else None
        if request.state.fault == "no-results":
            return JSONResponse({"next": None})
        return JSONResponse({"results": page, "next": following})

    def _matching(self, account_id: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        rows = list(self.state.transactions[account_id].values())
        if "ids" in query:
            wanted = set(str(query["ids"]).split(","))
            rows = [row for row in rows if row["id"] in wanted]
        if "dateFrom" in query:
            rows = [row for row in rows if row["date"][:10] >= query["dateFrom"]]
        if "dateTo" in query:
            rows = [row for row in rows if row["date"][:10] <= query["dateTo"]]
        if "createdAtFrom" in query:
            since = datetime.fromisoformat(query["createdAtFrom"])
            rows = [row for row in rows if datetime.fromisoformat(row["createdAt"]) >= since]
        return rows

    def _next(self, request: Request, query: dict[str, Any], page: list[dict[str, Any]]) -> str:
        place = [page[-1]["date"], page[-1]["id"]]
        kept = {name: value for name, value in query.items() if name not in {"after", "accountId", "place"}}
        token = base64.urlsafe_b64encode(json.dumps({**kept, "place": place}).encode()).decode().rstrip("=")
        if request.state.fault == "loop-next" and "after" in request.query_params:
            token = request.query_params["after"]
        following = f"?accountId={query['accountId']}&after={token}"
        return (
            f"http://169.254.169.254/v2/transactions{following}" if request.state.fault == "foreign-next" else following
        )


def _problem(query: dict[str, str]) -> str | None:
    refused = [name for name in _V1_ONLY if name in query]
    if refused:
        return f"{refused[0]} is not allowed"
    if "accountId" not in query:
        return "accountId is required"
    if "dateFrom" in query and "createdAtFrom" in query:
        return "dateFrom and createdAtFrom exclude each other"
    if len(query.get("ids", "").split(",")) > MOST_IDS:
        return "too many ids"
    return None


def _unpack(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


def _error(status: int, message: str, description: str | None = None) -> JSONResponse:
    body: dict[str, Any] = {"code": status, "message": message}
    return JSONResponse(body | ({"codeDescription": description} if description else {}), status)


def _limited(limit: Limit | None, wait: float) -> JSONResponse:
    message = "Too many requests. Please try again later (see Retry-After header in seconds)"
    headers = {
        "RateLimit-Limit": str(limit.count if limit else 0),
        "RateLimit-Reset": str(ceil(wait)),
        "Retry-After": str(ceil(wait)),
    }
    return JSONResponse({"message": message, "code": 429}, 429, headers)


def _control_routes(state: State) -> list[Route]:
    async def add_item(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        item_id = state.add_item(wanted.get("clientUserId"))
        accounts = [state.add_account(item_id, **fields) for fields in wanted.get("accounts") or [{}]]
        return JSONResponse({"id": item_id, "accounts": accounts}, 201)

    async def add_transactions(request: Request) -> Response:
        account_id, wanted = request.path_params["id"], await request.json()
        return JSONResponse([state.add_transaction(account_id, **fields) for fields in wanted], 201)

    async def post_transaction(request: Request) -> Response:
        path, changes = request.path_params, await request.json()
        return JSONResponse({"id": state.post(path["id"], path["transaction"], **changes)})

    async def expire_keys(_request: Request) -> Response:
        state.keys.clear()
        return Response(status_code=204)

    return [
        *control_routes(state, "endpoint", ENDPOINTS, FAULTS),
        Route("/_control/items", add_item, methods=["POST"]),
        Route("/_control/accounts/{id}/transactions", add_transactions, methods=["POST"]),
        Route("/_control/accounts/{id}/transactions/{transaction}/post", post_transaction, methods=["POST"]),
        Route("/_control/expire-keys", expire_keys, methods=["POST"]),
    ]


app = build_app()
