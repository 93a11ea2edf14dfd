"""PNCP's API. Each answer is what it claims to be, or an error that says whether to ask again, wait, or give up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn
from urllib.parse import urlencode

from redis.asyncio import Redis

from malha.outbound import CircuitBreaker, Limits, OutboundClient, OutboundError, Rate, Reply
from malha.procurement.rules import wire
from malha.procurement.rules.pages import EMPTY_LIST, ListPage, PageDoubtfulError, read_envelope
from malha.procurement.rules.partitions import PartitionKey
from malha.procurement.rules.records import split_number
from malha.procurement.settings import ProcurementSettings

LIMITED_SECONDS = 60.0
"""A 429 comes without Retry-After, and means the whole load."""
LONGEST_TURN_SECONDS = 5.0
"""A worker waits this long for its turn itself; for longer ones the part comes back."""
ITEMS_PER_PAGE = 500
REASON_CHARACTERS = 200


class Host(StrEnum):
    """The two hosts, which fail apart: each has its own limit and its own breaker."""

    CONSULTATION = "pncp_consultation"
    DETAIL = "pncp_detail"


class SourceAwayError(Exception):
    """Not now: the host is left alone until then (epoch seconds). `failure`: the question itself had failed by then."""

    failure: str | None = None

    def __init__(self, host: Host, until: float) -> None:
        super().__init__(f"{host.value} is left alone for {max(until - time.time(), 0):.0f} s")
        self.until = until


class SourceFailedError(Exception):
    """No answer, or one that cannot be believed. Asking again may help."""


class SourceRefusedError(Exception):
    """PNCP does not take the question as it is put. `status` and its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status


@dataclass(frozen=True, slots=True)
class _Service:
    url: str
    breaker: CircuitBreaker


class Pncp:
    """Asks one question at a time for each caller, within the pace of all workers together."""

    def __init__(self, settings: ProcurementSettings, client: OutboundClient, redis: Redis) -> None:
        self._client = client
        self._limits = Limits(redis, dict.fromkeys(Host, Rate.parse(settings.limit)))
        self._services = {
            Host.CONSULTATION: _Service(settings.consultation_url, CircuitBreaker(redis, Host.CONSULTATION)),
            Host.DETAIL: _Service(settings.detail_url, CircuitBreaker(redis, Host.DETAIL)),
        }

    async def read_list(self, partition: PartitionKey, *, page: int, size: int) -> ListPage:
        """A page of a partition. 204 is a list without records, and only that is."""
        query = partition.query() | {"pagina": str(page), "tamanhoPagina": str(size)}
        body = await self._get(Host.CONSULTATION, partition.kind.path, query)
        if body is None:
            return EMPTY_LIST if page == 1 else self._doubt("a page that was announced has no content")
        return read_envelope(body, page)

    async def count_items(self, control_number: str) -> int:
        """How many items PNCP counts in a procurement."""
        count = await self._get(Host.DETAIL, f"{_path(control_number)}/itens/quantidade", {})
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            self._doubt("the number of items is no number")
        return count

    async def read_items(self, control_number: str, *, page: int) -> list[dict[str, Any]]:
        """A page of the items, which have no envelope: empty past the end."""
        query = {"pagina": str(page), "tamanhoPagina": str(ITEMS_PER_PAGE)}
        return self._records(await self._get(Host.DETAIL, f"{_path(control_number)}/itens", query))

    async def read_results(self, control_number: str, item_number: int) -> list[dict[str, Any]]:
        """The results of an item; none for 204."""
        return self._records(
            await self._get(Host.DETAIL, f"{_path(control_number)}/itens/{item_number}/resultados", {})
        )

    async def _get(self, host: Host, path: str, query: Mapping[str, str]) -> Any:
        service = self._services[host]
        await self._take_turn(host)
        url = f"{service.url}{path}{'?' if query else ''}{urlencode(query)}"
        try:
            reply = await self._client.get(url)
        except OutboundError as error:
            await self._fail(host, str(error))
        if reply.status == 429:
            await self._limits.pause(host, LIMITED_SECONDS)
            raise SourceAwayError(host, time.time() + LIMITED_SECONDS)
        if reply.status in {400, 422}:
            await service.breaker.succeed()
            raise SourceRefusedError(reply.status, _reason(reply))
        if reply.status not in {200, 204}:
            await self._fail(host, f"status {reply.status}: {_reason(reply)}")
        try:
            body = None if reply.status == 204 else wire.parse(reply.content)
        except (ValueError, RecursionError):
            await self._fail(host, f"status 200 with what is no JSON: {_reason(reply)}")
        await service.breaker.succeed()
        return body

    async def _take_turn(self, host: Host) -> None:
        open_until = await self._services[host].breaker.check()
        if open_until is not None:
            raise SourceAwayError(host, open_until)
        deadline = time.time() + LONGEST_TURN_SECONDS
        while (free_at := await self._limits.acquire(host)) is not None:
            if free_at > deadline:
                raise SourceAwayError(host, free_at)
            await asyncio.sleep(max(free_at - time.time(), 0.005))

    async def _fail(self, host: Host, reason: str) -> NoReturn:
        await self._services[host].breaker.fail()
        raise SourceFailedError(reason)

    def _records(self, body: Any) -> list[dict[str, Any]]:
        records = [] if body is None else body
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            self._doubt("the answer is no list of records")
        return records

    def _doubt(self, reason: str) -> NoReturn:
        raise PageDoubtfulError(reason)


def _path(control_number: str) -> str:
    cnpj, year, sequence = split_number(control_number)
    return f"/v1/orgaos/{cnpj}/compras/{year}/{sequence}"


def _reason(reply: Reply) -> str:
    """What the other side says, shortened: its message where it is JSON."""
    try:
        body = reply.json()
    except ValueError:
        body = None
    said = body.get("message") if isinstance(body, dict) else None
    return str(said or reply.text).replace("\x00", "")[:REASON_CHARACTERS]
