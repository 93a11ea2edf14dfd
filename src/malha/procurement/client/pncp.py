"""PNCP's API. Each answer is what it claims to be, or an error that says whether to ask again, wait, or give up."""

from __future__ import annotations

from typing import Any, NoReturn

from redis.asyncio import Redis

from malha.outbound import OutboundClient
from malha.procurement.client.hosts import Host, HostClient
from malha.procurement.rules.pages import EMPTY_LIST, ListPage, PageDoubtfulError, read_envelope
from malha.procurement.rules.partitions import PartitionKey
from malha.procurement.rules.records import split_number
from malha.procurement.settings import ProcurementSettings

CHILDREN_PER_PAGE = 500


class Pncp:
    """Asks one question at a time for each caller, within the pace of all workers together."""

    def __init__(self, settings: ProcurementSettings, client: OutboundClient, redis: Redis) -> None:
        self.parallel = settings.parallel
        self._lists = HostClient(Host.CONSULTATION, settings.consultation_url, settings, client, redis)
        self._details = HostClient(Host.DETAIL, settings.detail_url, settings, client, redis)

    async def read_list(self, partition: PartitionKey, *, page: int, size: int) -> ListPage:
        """A page of a partition. 204 is a list without records, and only that is."""
        query = partition.query() | {"pagina": str(page), "tamanhoPagina": str(size)}
        body = await self._lists.get(partition.kind.path, query)
        if body is None:
            return EMPTY_LIST if page == 1 else _doubt("a page that was announced has no content")
        return read_envelope(body, page)

    async def read_procurement(self, control_number: str) -> dict[str, Any]:
        """A procurement by itself."""
        body = await self._lists.get(record_path(control_number), {})
        if not isinstance(body, dict):
            _doubt("the answer is no record")
        return body

    async def count_items(self, control_number: str) -> int:
        """How many items PNCP counts in a procurement."""
        return _count(await self._details.get(f"{record_path(control_number)}/itens/quantidade", {}))

    async def read_items(self, control_number: str, *, page: int) -> list[dict[str, Any]]:
        """A page of the items, which have no envelope: empty past the end."""
        query = {"pagina": str(page), "tamanhoPagina": str(CHILDREN_PER_PAGE)}
        return _records(await self._details.get(f"{record_path(control_number)}/itens", query))

    async def read_results(self, control_number: str, item_number: int) -> list[dict[str, Any]]:
        """The results of an item; none for 204."""
        return _records(await self._details.get(f"{record_path(control_number)}/itens/{item_number}/resultados", {}))

    async def read_files(self, control_number: str) -> list[dict[str, Any]]:
        """The files of a procurement."""
        return _records(await self._details.get(f"{record_path(control_number)}/arquivos", {}))

    async def read_history(self, control_number: str) -> list[dict[str, Any]]:
        """The log of a procurement."""
        return _records(await self._details.get(f"{record_path(control_number)}/historico", {}))

    async def count_amendments(self, control_number: str) -> int:
        """How many amendments PNCP counts of a contract."""
        return _count(await self._details.get(f"{record_path(control_number)}/termos/quantidade", {}))

    async def read_amendments(self, control_number: str) -> list[dict[str, Any]]:
        """The amendments of a contract; none for 204."""
        return _records(await self._details.get(f"{record_path(control_number)}/termos", {}))


def record_path(control_number: str) -> str:
    """Where a procurement or a contract stands on both hosts."""
    cnpj, kind, year, sequence = split_number(control_number)
    return f"/v1/orgaos/{cnpj}/{'compras' if kind == 1 else 'contratos'}/{year}/{sequence}"


def _records(body: Any) -> list[dict[str, Any]]:
    records = [] if body is None else body
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        _doubt("the answer is no list of records")
    return records


def _count(body: Any) -> int:
    if not isinstance(body, int) or isinstance(body, bool) or body < 0:
        _doubt("the number of records is no number")
    return body


def _doubt(reason: str) -> NoReturn:
    raise PageDoubtfulError(reason)
