"""Pages as the portal cuts them, and as it cuts them when it errs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, TypeVar

import orjson
from starlette.responses import Response

from malha.simulators.pncp import faults
from malha.simulators.pncp.faults import Luck

T = TypeVar("T")


def cut(rows: Sequence[T], page: int, size: int, luck: Luck) -> list[T]:
    """The rows of a page, or those that a fault leaves of it."""
    start = (page - 1) * size
    if page > 1 and luck.meets(faults.REPEATED_PAGE):
        start -= size
    elif page > 1 and luck.meets(faults.SHIFTED_PAGE):
        dice = luck.dice(faults.SHIFTED_PAGE)
        start += dice.pick((-1, 1)) * (1 + dice.below(min(5, size)))
    kept = list(rows[start : start + size])
    if page > 1 and luck.meets(faults.EMPTY_PAGE):
        return []
    return lose(kept, luck, faults.SHORT_PAGE)


def lose(rows: list[T], luck: Luck, kind: str) -> list[T]:
    """Without one to three of them, when the fault is met."""
    if not rows or not luck.meets(kind):
        return rows
    dice = luck.dice(kind)
    for _ in range(1 + dice.below(min(3, len(rows)))):
        del rows[dice.below(len(rows))]
    return rows


def envelope(rows: Sequence[bytes], total: int, page: int, size: int, luck: Luck) -> Response:
    """`data` with the numbers around it, as bytes because rows are kept that way."""
    if page > 1 and luck.meets(faults.CHANGED_TOTAL):
        dice = luck.dice(faults.CHANGED_TOTAL)
        total = max(0, total + dice.pick((-3, -2, -1, 1, 2, 3)))
    pages = ceil(total / size)
    numbers: dict[str, Any] = {
        "totalRegistros": total,
        "totalPaginas": pages,
        "numeroPagina": page,
        "paginasRestantes": max(0, pages - page),
        "empty": not rows,
    }
    if luck.meets(faults.NO_TOTALS):
        del numbers["totalPaginas"], numbers["paginasRestantes"]
    elif luck.meets(faults.NO_REMAINING):
        del numbers["paginasRestantes"]
    body = b'{"data":[' + b",".join(rows) + b"]," + orjson.dumps(numbers)[1:]
    return Response(body, media_type="application/json")


def plain(body: Any) -> Response:
    """Any other body; orjson writes what the portal would."""
    return Response(orjson.dumps(body), media_type="application/json")
