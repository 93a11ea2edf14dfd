"""What goes wrong, each kind with a probability for every request, and the answers that replace the right one.

A request's luck depends on the seed, its target and how often that target was asked, never on the order of others:
a run with the same requests meets the same faults. Two lies that agree (a page short by one and a total lower by
one) cannot be found by any client, so totals lie from page 2 on only, and `/itens/quantidade` never does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import HTMLResponse, JSONResponse, Response

from malha.simulators.conduct import Dropped
from malha.simulators.pncp.dice import Dice

SLOW, RESET, HTML_200, HTML_429, ERROR_500, HTML_503, CUT_JSON = (
    "slow",
    "reset",
    "html-200",
    "html-429",
    "error-500",
    "html-503",
    "cut-json",
)
SPURIOUS_422, SIZE_400, BUSY_404 = "spurious-422", "size-400", "busy-404"
REPEATED_PAGE, SHIFTED_PAGE, EMPTY_PAGE, SHORT_PAGE = "repeated-page", "shifted-page", "empty-page", "short-page"
CHANGED_TOTAL, NO_REMAINING, NO_TOTALS, LOST_CHILDREN = "changed-total", "no-remaining", "no-totals", "lost-children"
UNKNOWN_FIELD, NUMBERS, NONCHARACTERS, LATER = "unknown-field", "numbers", "noncharacters", "unknown-modality"

ANYWHERE = (RESET, HTML_200, HTML_429, ERROR_500, HTML_503, CUT_JSON)
"""Instead of any answer, in the order in which they are tried."""
OF_LISTS = (SPURIOUS_422, SIZE_400, REPEATED_PAGE, SHIFTED_PAGE, EMPTY_PAGE, SHORT_PAGE)
OF_ENVELOPES = (CHANGED_TOTAL, NO_REMAINING, NO_TOTALS)
OF_CHILDREN = (BUSY_404, LOST_CHILDREN)
OF_ROWS = (UNKNOWN_FIELD, NUMBERS, NONCHARACTERS, LATER)
"""Not for a request but for a record, each time it is told."""
KINDS = frozenset({SLOW, *ANYWHERE, *OF_LISTS, *OF_ENVELOPES, *OF_CHILDREN, *OF_ROWS})

TRUE_PERIOD = "Período inicial e final maior que 365 dias."
_POOL = "Failed to obtain JDBC Connection: HikariPool-1 - Connection is not available, request timed out after 30000ms."


class Luck:
    """The faults that one request meets."""

    def __init__(self, odds: Mapping[str, float], key: tuple[object, ...], forced: str | None = None) -> None:
        self._odds, self._key, self._forced = odds, key, forced

    def meets(self, kind: str) -> bool:
        """Whether it does; a forced fault replaces all others."""
        if self._forced is not None:
            return kind == self._forced
        odds = self._odds.get(kind, 0.0)
        return odds > 0 and Dice("luck", kind, *self._key).chance(odds)

    def dice(self, kind: str) -> Dice:
        """How a fault is exactly."""
        return Dice("how", kind, *self._key)


def html(title: str, status: int) -> HTMLResponse:
    """A page where JSON was promised."""
    return HTMLResponse(f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", status)


def too_many() -> HTMLResponse:
    """The limiter's page; it says no time."""
    return html("Limite de Requisições Excedido", 429)


REPLACEMENTS: dict[str, Callable[[str], Response]] = {
    RESET: lambda _path: Dropped(b'{"data":['),
    HTML_200: lambda _path: html("Portal Nacional de Contratações Públicas", 200),
    HTML_429: lambda _path: too_many(),
    ERROR_500: lambda path: JSONResponse(
        {"timestamp": "2026-09-16T01:23:20.830+00:00", "status": 500, "error": "Internal Server Error"}
        | {"message": _POOL, "path": path},
        500,
    ),
    HTML_503: lambda _path: html("503 Service Temporarily Unavailable", 503),
    CUT_JSON: lambda _path: Response('{"data":[{"numeroControlePNCP":"', media_type="application/json"),
    SPURIOUS_422: lambda _path: unprocessable(TRUE_PERIOD),
    SIZE_400: lambda path: bad_request("Tamanho de página inválido", path),
    BUSY_404: lambda _path: not_found("Contratação não cadastrada."),
}


def unprocessable(message: str) -> JSONResponse:
    """A rule of dates is broken, or so it says."""
    return JSONResponse({"message": message, "error": "422 UNPROCESSABLE_ENTITY"}, 422)


def bad_request(message: str, path: str) -> JSONResponse:
    """RespostaErroValidacaoDTO."""
    told = {"message": message, "path": path, "timestamp": "2026-09-16T01:23:20.830+00:00"}
    return JSONResponse({**told, "status": "400", "error": "400 BAD_REQUEST"}, 400)


def not_found(message: str) -> JSONResponse:
    """Its status is a string."""
    return JSONResponse({"status": "404", "error": "404 NOT_FOUND", "message": message}, 404)
