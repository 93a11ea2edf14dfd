"""Webhooks, through the guard of `outbound`: the address is somebody's word."""

from __future__ import annotations

from collections.abc import Mapping

from malha.db.jsonb import clean_text
from malha.notifications.client.outcomes import Outcome
from malha.notifications.rules.waits import asked_wait
from malha.outbound import AddressForbiddenError, OutboundClient, OutboundError
from malha.settings import OutboundSettings

MOST_EXCERPT = 1_000
MOST_BYTES = 1024 * 1024
GONE = 410
"""A receiver that answers this wants no more (Standard Webhooks)."""


async def post_webhook(
    outbound: OutboundSettings, timeout_seconds: float, url: str, body: bytes, headers: Mapping[str, str]
) -> Outcome:
    """Send a signed body. Any 2xx is a success, whatever stands in it."""
    client = OutboundClient(
        user_agent=outbound.user_agent,
        allowed_hosts=outbound.allowed_hosts,
        timeout_seconds=timeout_seconds,
        most_bytes=MOST_BYTES,
    )
    try:
        async with client:
            reply = await client.request("POST", url, headers=headers, json_text=body)
    except AddressForbiddenError as error:
        return Outcome(error=str(error), is_hopeless=True)
    except OutboundError as error:
        return Outcome(error=str(error))
    excerpt = clean_text(reply.text[:MOST_EXCERPT]) or None
    if 200 <= reply.status < 300:
        return Outcome(status=reply.status, excerpt=excerpt)
    return Outcome(
        status=reply.status,
        excerpt=excerpt,
        error=f"answered {reply.status}",
        asked_seconds=asked_wait(reply.headers.get("retry-after")),
        is_unwanted=reply.status == GONE,
    )
