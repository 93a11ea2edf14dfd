"""Monthly rates of price indexes from the Banco Central's time series system (SGS)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from malha.outbound import OutboundClient
from malha.procurement.rules.indexes import KNOWN
from malha.procurement.rules.tables import TableBrokenError, read_series


async def fetch_rates(
    client: OutboundClient, base_url: str, name: str, *, first: date, last: date
) -> dict[date, Decimal]:
    """The rates of `IPCA` or `IGP-M`, per cent a month. Raises TableBrokenError and what `outbound` raises."""
    url = (
        f"{base_url}/dados/serie/bcdata.sgs.{KNOWN[name]}/dados"
        f"?formato=json&dataInicial={first:%d/%m/%Y}&dataFinal={last:%d/%m/%Y}"
    )
    reply = await client.get(url)
    if reply.status != 200:
        raise TableBrokenError(f"the Banco Central answered {reply.status}")
    try:
        body = reply.json()
    except ValueError as error:
        raise TableBrokenError("the Banco Central's answer is no JSON") from error
    return read_series(body)
