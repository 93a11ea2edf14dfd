"""When a page of PNCP's lists may be believed. An error is never an empty page, and a page is never half a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
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


def page_keys(page: ListPage, *, size: int) -> list[str]:
    """The control numbers of a page that agrees with itself: as many records as its total leaves for it, each once.

    Raises PageDoubtfulError.
    """
    try:
        keys = [control_number_of(record) for record in page.records]
    except RecordBrokenError as error:
        raise PageDoubtfulError(f"a record of page {page.number}: {error}") from error
    expected = min(size, max(page.total - (page.number - 1) * size, 0))
    if len(keys) != expected:
        raise PageDoubtfulError(f"page {page.number} has {len(keys)} records where {expected} belong")
    if len(set(keys)) != len(keys):
        raise PageDoubtfulError(f"page {page.number} repeats records")
    is_last = page.number * size >= page.total
    if is_last != (page.remaining == 0):
        raise PageDoubtfulError(f"page {page.number} of {page.total} records says that {page.remaining} pages follow")
    return keys


def check_total(page: ListPage, total: int | None) -> None:
    """Raises TotalChangedError for a page of a list that had another length when its first page was read."""
    if total is not None and page.total != total:
        raise TotalChangedError(total, page.total)


@dataclass(slots=True)
class PagesRead:
    """The pages of a list that have been read, by number, with their control numbers: no two share one.

    Once every page is here they hold `total` different records, and there is no other way to get there.
    """

    size: int
    total: int | None = None
    pages: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    owners: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be read."""
        return self.total is not None and not self.missing(1)

    def missing(self, most: int) -> list[int]:
        """The first pages that are not here; the first one alone as long as nobody knows how many there are."""
        if self.total is None:
            return [1]
        last = -(-self.total // self.size)
        return list(islice((number for number in range(1, last + 1) if number not in self.pages), most))

    def take(self, number: int, total: int, keys: Sequence[str]) -> list[int]:
        """Add a page. Where it shares records with others nobody knows which is wrong: they go, and it is not taken.

        Returns the numbers of the pages that went.
        """
        wrong = sorted({self.owners[key] for key in keys if self.owners.get(key, number) != number})
        for page in wrong:
            for key in self.pages.pop(page):
                del self.owners[key]
        if not wrong:
            self.total = total
            self.pages[number] = list(keys)
            self.owners.update(dict.fromkeys(keys, number))
        return wrong


def _count(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
