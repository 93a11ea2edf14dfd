"""A look at PNCP's hosts past limits and breakers: whether they are there is asked most when nobody asks them."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from malha.outbound import OutboundClient, OutboundError, Reply
from malha.procurement.client.hosts import Host, reason_of
from malha.procurement.client.pncp import record_path
from malha.procurement.rules import wire
from malha.procurement.rules.outages import judge_probe
from malha.procurement.rules.partitions import Kind, PartitionKey
from malha.procurement.settings import ProcurementSettings

_SMALLEST_PAGE = "&pagina=1&tamanhoPagina=10"
_PREGAO = 6


async def probe_hosts(
    client: OutboundClient, settings: ProcurementSettings, today: date, known: str | None
) -> list[dict[str, Any]]:
    """One call to each host; to that of details only where a procurement is `known` to ask for."""
    query = "&".join(
        f"{name}={value}" for name, value in PartitionKey(Kind.PROCUREMENTS, today, _PREGAO).query().items()
    )
    urls = {Host.CONSULTATION: f"{settings.consultation_url}{Kind.PROCUREMENTS.path}?{query}{_SMALLEST_PAGE}"}
    if known is not None:
        urls[Host.DETAIL] = f"{settings.detail_url}{record_path(known)}/itens/quantidade"
    return [await _probe(client, host, url, settings.control_url) for host, url in urls.items()]


async def _probe(client: OutboundClient, host: Host, url: str, control_url: str) -> dict[str, Any]:
    began = time.monotonic()
    try:
        reply = await client.get(url)
    except OutboundError as error:
        outcome = judge_probe(None, is_json=False, is_online=await _is_online(client, control_url))
        return _told(host, outcome, None, began, str(error))
    outcome = judge_probe(reply.status, is_json=_is_json(reply), is_online=True)
    return _told(host, outcome, reply.status, began, None if outcome == "ok" else reason_of(reply))


async def _is_online(client: OutboundClient, control_url: str) -> bool:
    """Without anybody to compare with, no answer is their silence."""
    if not control_url:
        return True
    try:
        await client.get(control_url)
    except OutboundError:
        return False
    return True


def _is_json(reply: Reply) -> bool:
    try:
        wire.parse(reply.content)
    except (ValueError, RecursionError):
        return False
    return True


def _told(host: Host, outcome: str, status: int | None, began: float, reason: str | None) -> dict[str, Any]:
    milliseconds = round(1000 * (time.monotonic() - began))
    return {"host": host.value, "outcome": outcome, "status": status, "milliseconds": milliseconds, "reason": reason}
