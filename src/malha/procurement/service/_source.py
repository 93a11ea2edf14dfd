"""PNCP as a worker asks it, with connections that last for one run of a part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from malha.outbound import OutboundClient
from malha.procurement.client.pncp import Pncp
from malha.procurement.settings import ProcurementSettings
from malha.settings import Settings

MOST_BYTES = 64 * 1024 * 1024
"""A page of 500 contracts, or of 500 items with long descriptions."""


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[OutboundClient]:
    """Connections to PNCP."""
    async with OutboundClient(
        user_agent=settings.outbound.user_agent,
        allowed_hosts=settings.outbound.allowed_hosts,
        timeout_seconds=settings.of(ProcurementSettings).timeout_seconds,
        most_bytes=MOST_BYTES,
    ) as client:
        yield client


@asynccontextmanager
async def open_source(settings: Settings) -> AsyncIterator[Pncp]:
    """PNCP within the shared limits."""
    redis = Redis.from_url(settings.broker.redis_url)
    try:
        async with open_client(settings) as client:
            yield Pncp(settings.of(ProcurementSettings), client, redis)
    finally:
        await redis.aclose()
