"""How simulated services behave when asked too often or told to fail, and the `/_control` paths that change it."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` answers in any `seconds`."""

    count: int
    seconds: float


@dataclass(slots=True)
class Fault:
    """What goes wrong for the next `times` requests, or for all when None."""

    kind: str
    times: int | None


@dataclass
class Conduct:
    """Limits and faults by the name of what is asked (a provider, an endpoint), and every ask as it arrived."""

    limits: dict[str, Limit | None] = field(default_factory=dict[str, Limit | None])
    clock: Callable[[], float] = time.monotonic
    faults: dict[str, Fault] = field(default_factory=dict[str, Fault])
    asks: list[Any] = field(default_factory=list[Any])
    """Dataclasses of the service's own."""
    _answered: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def wait_seconds(self, name: str) -> float:
        """0 when the limit allows one more answer now, which is then counted; else the seconds until it does."""
        limit, now = self.limits.get(name), self.clock()
        if limit is None:
            return 0.0
        times = self._answered.setdefault(name, [])
        del times[: bisect_right(times, now - limit.seconds)]
        if len(times) >= limit.count:
            return times[-limit.count] + limit.seconds - now
        times.append(now)
        return 0.0

    def take_fault(self, name: str) -> str | None:
        """The fault that this request meets, if any."""
        fault = self.faults.get(name)
        if fault is None:
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self.faults[name]
        return fault.kind

    def forget(self) -> None:
        """As at the start, limits apart."""
        self.asks.clear()
        self.faults.clear()
        self._answered.clear()


class Dropped(Response):
    """A connection that breaks in the middle of its body, which begins with these bytes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more than comes."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def control_routes(conduct: Conduct, noun: str, names: Sequence[str], kinds: Collection[str]) -> list[Route]:
    """`/_control/asks`, `limits`, `faults` and `reset`.

    Bodies name what they are about under `noun`; a limit without `count` and a fault without `kind` are lifted.
    """

    async def list_asks(_request: Request) -> Response:
        return JSONResponse([asdict(ask) for ask in conduct.asks])

    async def set_limit(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        count = wanted.get("count")
        conduct.limits[wanted[noun]] = Limit(int(count), float(wanted["seconds"])) if count else None
        return Response(status_code=204)

    async def set_fault(request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        name, kind = wanted[noun], wanted.get("kind")
        if name not in names or (kind is not None and kind not in kinds):
            return JSONResponse({f"{noun}s": names, "kinds": sorted(kinds)}, 422)
        conduct.faults.pop(name, None)
        if kind is not None:
            conduct.faults[name] = Fault(kind, wanted.get("times"))
        return Response(status_code=204)

    async def reset(_request: Request) -> Response:
        conduct.forget()
        return Response(status_code=204)

    return [
        Route("/_control/asks", list_asks),
        Route("/_control/limits", set_limit, methods=["POST"]),
        Route("/_control/faults", set_fault, methods=["POST"]),
        Route("/_control/reset", reset, methods=["POST"]),
    ]
