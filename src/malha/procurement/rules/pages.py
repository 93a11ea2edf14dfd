"""When a page of PNCP's lists may be believed. An error is never an empty page, and a page is never half a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from malha.procurement.rules.records import RecordBrokenError, control_number_of


class PageDoubtfulError(Exception):
    """The page contradicts itself or what was read before it: it is asked for again, unchanged."""


class TotalChangedError(Exception):
    """The list has another length than at its beginning: what was read before may be at another place by now."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(f"the list had {before} records at its beginning and has {after} now")


@dataclass(frozen=True, slots=True)
class ListPage:
    """The records of one page, and what the list says of itself; `total` 0 and no records for 204."""

    number: int
    total: int
    records: Sequence[Mapping[str, Any]]
    remaining: int


EMPTY_LIST = ListPage(number=1, total=0, records=(), remaining=0)


def read_envelope(body: Any, number: int) -> ListPage:
    """The page in an answer's JSON. Raises PageDoubtfulError for what is no envelope.

    `paginasRestantes` is read before `totalPaginas`; with neither nobody can say whether the list ends here.
    """
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise PageDoubtfulError("the answer is no page of a list")
    records = body["data"]
    total, remaining, pages = (_count(body, name) for name in ("totalRegistros", "paginasRestantes", "totalPaginas"))
    if remaining is None and pages is None:
        raise PageDoubtfulError("the page says neither how many follow nor how many there are")
    if total is None:
        raise PageDoubtfulError("the page does not say how many records the list has")
    if body.get("numeroPagina") not in {None, number, str(number)}:
        raise PageDoubtfulError(f"page {body.get('numeroPagina')} came for page {number}")
    if not all(isinstance(record, dict) for record in records):
        raise PageDoubtfulError("the page holds something that is no record")
    return ListPage(number, total, records, remaining if remaining is not None else max((pages or 0) - number, 0))


def check_page(page: ListPage, *, size: int, total: int | None, seen: Collection[str]) -> list[str]:
    """The control numbers of a page that fits what was read before it: `total` and `seen` of the pages before.

    Raises PageDoubtfulError (ask again) or TotalChangedError (begin again, once asking again has not helped).
    """
    if total is not None and page.total != total:
        raise TotalChangedError(total, page.total)
    try:
        keys = [control_number_of(record) for record in page.records]
    except RecordBrokenError as error:
        raise PageDoubtfulError(f"a record of page {page.number}: {error}") from error
    expected = min(size, max(page.total - (page.number - 1) * size, 0))
    if len(keys) != expected:
        raise PageDoubtfulError(f"page {page.number} has {len(keys)} records where {expected} belong")
    if len(set(keys)) != len(keys) or any(key in seen for key in keys):
        raise PageDoubtfulError(f"page {page.number} repeats records")
    is_last = page.number * size >= page.total
    if is_last != (page.remaining == 0):
        raise PageDoubtfulError(f"page {page.number} of {page.total} records says that {page.remaining} pages follow")
    return keys


def _count(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
