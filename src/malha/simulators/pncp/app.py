"""The ASGI application: both hosts of the API below their real paths, `/_control` for those who test.

Run it with `uvicorn malha.simulators.pncp.app:app`; base addresses are `/api/consulta` and `/api/pncp`.
`SIMULATED_PNCP_SEED` and `SIMULATED_PNCP_SCALE` (1 is as much as the real portal) say what it holds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malha.simulators.pncp import control, details, faults, lists
from malha.simulators.pncp.entries import PROCUREMENTS
from malha.simulators.pncp.faults import Luck
from malha.simulators.pncp.state import BOTH, CONSULTA, PNCP, Ask, State

_RECORD = "/v1/orgaos/{cnpj}/%s/{ano:int}/{sequencial:int}"
_OF_LISTS = (*faults.ANYWHERE, faults.SPURIOUS_422)
_OF_CHILDREN = (*faults.ANYWHERE, faults.BUSY_404)
Answer = Callable[[Request, Luck], Response]


def build_app(state: State | None = None) -> Starlette:
    """A portal of its own; `app.state.pncp` is its State."""
    pncp = state or State()
    routes = [
        *(_children(pncp, kind, rest, give) for kind, rest, give in details.DETAILS),
        *(_list(pncp, listing) for listing in lists.LISTINGS),
        _alone(pncp),
        *control.routes(pncp),
    ]
    app = Starlette(routes=routes)
    app.state.pncp = pncp
    return app


def _list(state: State, listing: lists.Listing) -> Route:
    def give(request: Request, luck: Luck) -> Response:
        return lists.answer(state, listing, request.query_params, luck, f"/pncp-consulta/v1{listing.path}")

    return Route(f"/api/consulta/v1{listing.path}", _endpoint(state, CONSULTA, _OF_LISTS, give))


def _alone(state: State) -> Route:
    def give(request: Request, luck: Luck) -> Response:
        return details.answer(PROCUREMENTS, details.alone, state, request.path_params, request.query_params, luck)

    return Route(f"/api/consulta{_RECORD % 'compras'}", _endpoint(state, CONSULTA, faults.ANYWHERE, give))


def _children(state: State, kind: str, rest: str, give_one: details.Answer) -> Route:
    def give(request: Request, luck: Luck) -> Response:
        return details.answer(kind, give_one, state, request.path_params, request.query_params, luck)

    path = _RECORD % ("compras" if kind == PROCUREMENTS else "contratos")
    return Route(f"/api/pncp{path}{rest}", _endpoint(state, PNCP, _OF_CHILDREN, give))


def _endpoint(
    state: State, host: str, replacing: tuple[str, ...], give: Answer
) -> Callable[[Request], Awaitable[Response]]:
    """Counted, limited, slowed, and failing by luck."""

    async def serve(request: Request) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        arrived, position = state.clock(), len(state.asks)
        state.asks.append(Ask(host, target, arrived, 0))
        luck = state.luck(host, target)
        delay = state.delay_seconds + (state.slow_seconds if luck.meets(faults.SLOW) else 0.0)
        if delay:
            await asyncio.sleep(delay)
        response = _answer(request, luck)
        if position < len(state.asks):
            state.asks[position] = Ask(host, target, arrived, response.status_code)
        return response

    def _answer(request: Request, luck: Luck) -> Response:
        if state.wait_seconds(BOTH) or state.wait_seconds(host):
            return faults.too_many()
        for kind in replacing:
            if luck.meets(kind):
                return faults.REPLACEMENTS[kind](request.url.path)
        return give(request, luck)

    return serve


def _from_environment() -> State:
    seed, scale = os.environ.get("SIMULATED_PNCP_SEED", "1"), os.environ.get("SIMULATED_PNCP_SCALE", "0.01")
    return State.live(int(seed), float(scale))


app = build_app(_from_environment())
