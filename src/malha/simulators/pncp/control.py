"""The side door: the clock, the odds of faults, changes, and the truth."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from malha.simulators.conduct import control_routes
from malha.simulators.pncp import faults, pages
from malha.simulators.pncp.bodies import items
from malha.simulators.pncp.entries import KINDS, PROCUREMENTS, Entry, write_instant
from malha.simulators.pncp.history import stand
from malha.simulators.pncp.state import HOSTS, State

_BY = ("publication", "update")


def truth(state: State, kind: str, day: date, modality: int = 0, *, by: str = "publication") -> list[Entry]:
    """Every record of a partition as it stands now, by publication or by newest version."""
    now = state.calendar.now()
    if by == "update":
        return state.world.changed(kind, day, day, now, modality)
    return [entry for entry in state.world.published(kind, day, modality) if entry.published <= now]


def describe(state: State, entry: Entry, *, whole: bool = False) -> dict[str, Any]:
    """A record's name, version and how many items it has; `whole` adds its row, items and results."""
    now, seed = state.calendar.now(), state.world.seed
    told: dict[str, Any] = {
        "control": entry.control,
        "kind": entry.kind,
        "modality": entry.modality or None,
        "published": write_instant(entry.published),
        "updated": write_instant(entry.stamp(now) or entry.published),
        "version": entry.version(now),
    }
    moment = stand(seed, entry, now) if entry.kind == PROCUREMENTS else None
    if moment is not None:
        won = [number for number in moment.items if items.situation_of(seed, entry, moment, number) == 2]
        told |= {"items": len(moment.items), "results": len(won)}
        if whole:
            told["item_bodies"] = [
                state.with_oddities(items.item(seed, entry, moment, number), entry) for number in moment.items
            ]
            told["result_bodies"] = [items.result(seed, entry, moment, number) for number in won]
            told["planted"] = {str(n): items.price_item(seed, entry, n).planted for n in moment.items}
    return {**told, "body": state.tell(entry, now)} if whole else told


def routes(state: State) -> list[Route]:
    """`/_control/...`: what every simulator has, and `clock`, `odds`, `pace`, `page-limits`, `changes`, `truth`."""

    async def move_clock(request: Request) -> Response:
        if request.method == "POST":
            wanted: dict[str, Any] = await request.json()
            try:
                state.calendar.move(wanted.get("now"), wanted.get("speed"))
            except ValueError as error:
                return JSONResponse({"message": str(error)}, 422)
        return JSONResponse({"now": write_instant(state.calendar.now()), "speed": state.calendar.speed})

    async def set_odds(request: Request) -> Response:
        try:
            state.set_odds(await request.json())
        except ValueError as error:
            return JSONResponse({"message": str(error), "kinds": sorted(faults.KINDS)}, 422)
        return Response(status_code=204)

    async def set_pace(request: Request) -> Response:
        wanted: dict[str, float] = await request.json()
        state.delay_seconds = wanted.get("delay_seconds", state.delay_seconds)
        state.slow_seconds = wanted.get("slow_seconds", state.slow_seconds)
        return Response(status_code=204)

    async def set_page_limits(request: Request) -> Response:
        state.page_limits = await request.json()
        return Response(status_code=204)

    async def change(request: Request) -> Response:
        wanted: dict[str, str] = await request.json()
        entry = state.touch(wanted["control"])
        return JSONResponse(describe(state, entry) if entry else {"message": "no such record"}, 200 if entry else 404)

    async def tell_truth(request: Request) -> Response:
        query = request.query_params
        whole = query.get("whole") == "1"
        if "control" in query:
            entry = state.world.find(query["control"])
            return pages.plain(describe(state, entry, whole=True)) if entry else Response(status_code=404)
        kind, by = query.get("kind", PROCUREMENTS), query.get("by", "publication")
        if kind not in KINDS or by not in _BY or "day" not in query:
            return JSONResponse({"message": "day=YYYY-MM-DD", "kinds": KINDS, "by": _BY}, 422)
        found = truth(state, kind, date.fromisoformat(query["day"]), int(query.get("modality", 0)), by=by)
        return pages.plain({"total": len(found), "records": [describe(state, entry, whole=whole) for entry in found]})

    return [
        *control_routes(state, "host", HOSTS, faults.KINDS),
        Route("/_control/clock", move_clock, methods=["GET", "POST"]),
        Route("/_control/odds", set_odds, methods=["PUT"]),
        Route("/_control/pace", set_pace, methods=["PUT"]),
        Route("/_control/page-limits", set_page_limits, methods=["PUT"]),
        Route("/_control/changes", change, methods=["POST"]),
        Route("/_control/truth", tell_truth),
    ]
