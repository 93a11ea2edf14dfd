"""Login attempts are charged to the account and to the address before a password is looked at.

The buckets are in the database, so every process counts in the same ones. An account's bucket is named after the
address that was typed, whether or not there is such an account.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

from malha.db import Database, Session
from malha.identity.errors import LoginThrottledError
from malha.identity.repository import sessions
from malha.identity.rules.addresses import ip_bucket
from malha.identity.service._audit_trail import Origin


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` attempts at once, then one every `interval`."""

    burst: int
    interval: timedelta

    @property
    def capacity(self) -> timedelta:
        """How long a full bucket takes to drain."""
        return self.burst * self.interval


ACCOUNT_LIMIT = Limit(10, timedelta(seconds=30))
ADDRESS_LIMIT = Limit(50, timedelta(seconds=5))


async def charge_attempt(database: Database, account: str | None, origin: Origin) -> None:
    """Count an attempt, whatever becomes of the request. Raises LoginThrottledError when there were too many."""
    async with database.session() as session:
        await _charge(session, _address_bucket(origin), ADDRESS_LIMIT)
        if account is not None:
            await _charge(session, _account_bucket(account), ACCOUNT_LIMIT)


async def excuse_attempt(session: Session, account: str | None, origin: Origin) -> None:
    """The attempt succeeded: forget the account's failures and take the address's charge back."""
    if account is not None:
        await sessions.drain_bucket(session, _account_bucket(account))
    await sessions.drain_bucket(session, _address_bucket(origin), by=ADDRESS_LIMIT.interval)


async def _charge(session: Session, bucket: str, limit: Limit) -> None:
    wait = await sessions.charge_bucket(session, bucket, cost=limit.interval, capacity=limit.capacity)
    if wait is not None:
        raise LoginThrottledError(retry_after_seconds=max(1, math.ceil(wait)))


def _account_bucket(account: str) -> str:
    return "account:" + hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()


def _address_bucket(origin: Origin) -> str:
    return "address:" + ip_bucket(origin.client_ip)
