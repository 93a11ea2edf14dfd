"""The ASGI application: each service below a path of its own, `/_control` for those who test.

Run it with `uvicorn malha.simulators.cnpj.app:app`; base addresses are `/cnpj-ws`, `/cnpj-ws-commercial`,
`/brasilapi/api`, `/minha-receita` and `/receitaws/v1`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from malha.fiscal.identifiers import is_cnpj
from malha.simulators.cnpj import bodies
from malha.simulators.cnpj.companies import imagine_company
from malha.simulators.cnpj.state import FAULTS, PROVIDERS, Ask, State
from malha.simulators.conduct import Dropped, control_routes

TIMEOUT_FAULT_SECONDS = 120
_NAMELESS = frozenset({"", "node"})
_DAYS = frozenset({"status_since", "opened_on"})

Answer = Callable[[State, Request, str], Response]


def build_app(state: State | None = None) -> Starlette:
    """A registry of its own; `app.state.registry` is its State."""
    registry = state or State()
    routes = [
        Route("/cnpj-ws/cnpj/{cnpj}", _endpoint(registry, "cnpj_ws", _cnpj_ws)),
        Route("/cnpj-ws-commercial/cnpj/{cnpj}", _endpoint(registry, "cnpj_ws_commercial", _cnpj_ws_commercial)),
        Route("/brasilapi/api/cnpj/v1/{cnpj}", _endpoint(registry, "brasilapi", _brasilapi)),
        Route("/minha-receita/{cnpj}", _endpoint(registry, "minha_receita", _minha_receita)),
        Route("/receitaws/v1/cnpj/{cnpj}", _endpoint(registry, "receitaws", _receitaws)),
        *_control_routes(registry),
    ]
    app = Starlette(routes=routes)
    app.state.registry = registry
    return app


def _endpoint(state: State, provider: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        arrived, cnpj = state.clock(), request.path_params["cnpj"]
        position = len(state.asks)
        state.asks.append(Ask(provider, cnpj, arrived, 0))
        if state.delay_seconds:
            await asyncio.sleep(state.delay_seconds)
        response = await _faulty(state.take_fault(provider), provider, cnpj) or answer(state, request, cnpj)
        if position < len(state.asks):
            state.asks[position] = Ask(provider, cnpj, arrived, response.status_code)
        return response

    return serve


async def _faulty(kind: str | None, provider: str, cnpj: str) -> Response | None:
    if kind == "not-found":  # its base is lost: it says so of everybody
        return _nobody(provider, cnpj)
    if kind == "timeout":
        await asyncio.sleep(TIMEOUT_FAULT_SECONDS)
    responses: dict[str, Callable[[], Response]] = {
        "error": lambda: JSONResponse({"message": "Internal Server Error"}, 500),
        "html": lambda: HTMLResponse("<html><body>Bad Gateway</body></html>", 502),
        "timeout": lambda: PlainTextResponse("", 504),
        "drop": lambda: Dropped(b'{"razao_social": "'),
        "truncate": lambda: Response('{"cnpj": "', media_type="application/json"),
        "empty": lambda: JSONResponse({}),
        "forbidden": lambda: PlainTextResponse("Forbidden", 403, {"x-vercel-mitigated": "deny"}),
        "receita-timeout": lambda: JSONResponse({"status": "ERROR", "message": "Timeout"}),
        "redirect": lambda: RedirectResponse("http://169.254.169.254/latest/meta-data/", 302),
    }
    return responses[kind]() if kind else None


def _cnpj_ws(state: State, _request: Request, cnpj: str) -> Response:
    return _answer_cnpj_ws(state, "cnpj_ws", cnpj)


def _cnpj_ws_commercial(state: State, request: Request, cnpj: str) -> Response:
    if state.token not in (request.headers.get("x_api_token"), request.query_params.get("token")):
        return JSONResponse(bodies.cnpj_ws_error(401, "Não autorizado", "Token inválido"), 401)
    return _answer_cnpj_ws(state, "cnpj_ws_commercial", cnpj)


def _answer_cnpj_ws(state: State, provider: str, cnpj: str) -> Response:
    if wait := state.wait_seconds(provider):
        limit = state.limits[provider]
        release = datetime.now(UTC) + timedelta(seconds=wait + 1)
        sentence = bodies.release_sentence(limit.count if limit else 0, release)
        return JSONResponse(bodies.cnpj_ws_error(429, "Muitas requisições", sentence), 429)
    if not is_cnpj(cnpj):
        return JSONResponse(bodies.cnpj_ws_error(400, "Requisição inválida", "CNPJ inválido"), 400)
    company = state.company(cnpj)
    if company is None:
        return _nobody(provider, cnpj)
    return JSONResponse(bodies.cnpj_ws(company))


def _brasilapi(state: State, request: Request, cnpj: str) -> Response:
    if request.headers.get("user-agent", "").strip().lower() in _NAMELESS:
        return PlainTextResponse("Forbidden", 403, {"x-vercel-mitigated": "deny"})
    if state.wait_seconds("brasilapi"):
        return PlainTextResponse("Too Many Requests", 429, {"x-vercel-mitigated": "deny"})
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", cnpj):
        message = "CNPJ deve conter exatamente 14 caracteres."
        return JSONResponse({"name": "BadRequestError", "message": message, "type": "bad_request"}, 400)
    company = state.company(cnpj) if is_cnpj(cnpj) else None
    if company is None:
        return _nobody("brasilapi", cnpj)
    return JSONResponse(bodies.minha_receita(company))


def _minha_receita(state: State, _request: Request, cnpj: str) -> Response:
    if state.wait_seconds("minha_receita"):
        return PlainTextResponse("Too Many Requests", 429)
    if not is_cnpj(cnpj):
        return JSONResponse({"message": f"CNPJ {cnpj} inválido."}, 400)
    company = state.company(cnpj)
    if company is None:
        return _nobody("minha_receita", cnpj)
    return JSONResponse(bodies.minha_receita(company))


def _receitaws(state: State, _request: Request, cnpj: str) -> Response:
    if state.wait_seconds("receitaws"):
        return PlainTextResponse("Too many requests, please try again later.", 429)
    if not cnpj.isdecimal() or not is_cnpj(cnpj):
        return JSONResponse({"status": "ERROR", "message": "CNPJ inválido"})
    company = state.company(cnpj)
    if company is None:
        return _nobody("receitaws", cnpj)
    return JSONResponse(bodies.receitaws(company))


def _nobody(provider: str, cnpj: str) -> Response:
    """Each service's own words for a company that it does not have."""
    message = f"CNPJ {cnpj} não encontrado."
    if provider == "receitaws":
        return JSONResponse({"status": "ERROR", "message": "CNPJ rejeitado pela Receita Federal"})
    if provider == "brasilapi":
        return JSONResponse({"message": message, "type": "not_found", "name": "NotFoundError"}, 404)
    if provider == "minha_receita":
        return JSONResponse({"message": message}, 404)
    return JSONResponse(bodies.cnpj_ws_error(404, "Não encontrado", "CNPJ não encontrado"), 404)


def _control_routes(state: State) -> list[Route]:
    async def set_company(request: Request) -> Response:
        cnpj, fields = request.path_params["cnpj"], await request.json()
        days = {name: date.fromisoformat(fields[name]) for name in _DAYS & fields.keys()}
        state.companies[cnpj] = (state.company(cnpj) or imagine_company(cnpj)).changed(**fields | days)
        return Response(status_code=204)

    async def remove_company(request: Request) -> Response:
        state.companies[request.path_params["cnpj"]] = None
        return Response(status_code=204)

    return [
        *control_routes(state, "provider", PROVIDERS, FAULTS),
        Route("/_control/companies/{cnpj}", set_company, methods=["PUT"]),
        Route("/_control/companies/{cnpj}", remove_company, methods=["DELETE"]),
    ]


app = build_app()
