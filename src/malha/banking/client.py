"""Pluggy's API: a key that is renewed, cursors that are followed, limits that are kept, and its errors told apart."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from redis.asyncio import Redis

from malha.banking.rules.pluggy import next_page
from malha.banking.rules.remarks import StatementInvalidError
from malha.banking.settings import PluggySettings
from malha.outbound import Limits, OutboundClient, OutboundError, Rate, Reply
from malha.settings import Settings

KEY_SECONDS = 110 * 60
"""A key lives two hours; it is given up a little earlier."""

ENDPOINTS = ("auth", "accounts", "transactions", "items", "connect_token")
MOST_IDS = 500
MOST_PAGES = 4_000
DEFAULT_PAUSE_SECONDS = 60.0


class PluggyError(Exception):
    """Pluggy was asked and gave no answer that can be used."""


class PluggyLimitedError(PluggyError):
    """Its limit is reached; `retry_at` is when to come again."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"the limit is reached until {retry_at.isoformat(timespec='seconds')}")
        self.retry_at = retry_at


class PluggyBrokenError(PluggyError):
    """It failed or could not be reached: another attempt may help."""


class PluggyRefusedError(PluggyError):
    """It refuses the request or our keys: another attempt cannot help."""


class PluggyNotFoundError(PluggyRefusedError):
    """No such item, account or transaction."""


class PluggyGoneError(PluggyRefusedError):
    """410: the endpoint was switched off, as `/transactions` of version 1 was."""


@asynccontextmanager
async def open_pluggy(settings: Settings) -> AsyncIterator[PluggyClient]:
    """A client with connections of its own to Redis and to Pluggy; PluggyRefusedError without credentials."""
    pluggy = settings.of(PluggySettings)
    if not pluggy.client_id:
        raise PluggyRefusedError("PLUGGY_CLIENT_ID is not set")
    redis = Redis.from_url(settings.broker.redis_url)
    http = OutboundClient(
        user_agent=settings.outbound.user_agent,
        allowed_hosts=settings.outbound.allowed_hosts,
        timeout_seconds=pluggy.timeout_seconds,
    )
    try:
        async with http:
            yield PluggyClient(pluggy, http, redis)
    finally:
        await redis.aclose()


class PluggyClient:
    """One conversation. Bodies are returned as they came: fields are added to the API at any time."""

    def __init__(self, settings: PluggySettings, http: OutboundClient, redis: Redis) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/")
        self._http = http
        self._redis = redis
        rate = Rate.parse(settings.limit)
        self._limits = Limits(redis, {f"pluggy:{name}": rate for name in ENDPOINTS})
        # Of the secret, too: keys of a secret that was changed are forgotten with it.
        credentials = f"{self._base} {settings.client_id} {settings.client_secret.get_secret_value()}"
        self._key_name = f"malha:pluggy:key:{hashlib.sha256(credentials.encode()).hexdigest()[:24]}"

    async def create_connect_token(self, client_user_id: str) -> str:
        """A token for Pluggy's widget, good for 30 minutes; items made with it carry `client_user_id`."""
        body = {"options": {"clientUserId": client_user_id}}
        answer = await self._ask("POST", "connect_token", "/connect_token", body)
        return str(_object(answer).get("accessToken", ""))

    async def get_item(self, item_id: str) -> dict[str, Any]:
        """A connection to a bank."""
        return _object(await self._ask("GET", "items", f"/items/{quote(item_id, safe='')}"))

    async def list_accounts(self, item_id: str) -> list[dict[str, Any]]:
        """The accounts of an item."""
        return _results(await self._ask("GET", "accounts", f"/accounts?{urlencode({'itemId': item_id})}"))

    async def get_account(self, account_id: str) -> dict[str, Any]:
        """An account with its balance."""
        return _object(await self._ask("GET", "accounts", f"/accounts/{quote(account_id, safe='')}"))

    async def list_transactions(
        self, account_id: str, *, date_from: date | None = None, created_at_from: str | None = None
    ) -> list[dict[str, Any]]:
        """Every transaction from a day on, or every one that Pluggy heard of since an instant; not both."""
        query = {"accountId": account_id}
        if created_at_from is not None:
            query["createdAtFrom"] = created_at_from
        elif date_from is not None:
            query["dateFrom"] = date_from.isoformat()
        found: list[dict[str, Any]] = []
        cursors: set[str] = set()
        while True:
            answer = await self._ask("GET", "transactions", f"/v2/transactions?{urlencode(query)}")
            found += _results(answer)
            try:
                following = next_page(_object(answer).get("next"), base_url=self._base, account_id=account_id)
            except StatementInvalidError as error:
                raise PluggyRefusedError(str(error)) from error
            if following is None:
                return found
            if following["after"] in cursors or len(cursors) >= MOST_PAGES:
                raise PluggyBrokenError("the pages have no end")
            cursors.add(following["after"])
            query = following

    async def find_transactions(self, account_id: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those of the transactions that still exist."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(ids), MOST_IDS):
            query = urlencode({"accountId": account_id, "ids": ",".join(ids[start : start + MOST_IDS])})
            found += _results(await self._ask("GET", "transactions", f"/v2/transactions?{query}"))
        return found

    async def _ask(self, method: str, endpoint: str, path: str, body: dict[str, Any] | None = None) -> Any:
        for attempt in (1, 2):
            key, is_fresh = await self._key()
            reply = await self._send(method, endpoint, path, body, {"X-API-KEY": key})
            if reply.status not in {401, 403}:
                return _read(reply)
            await self._redis.delete(self._key_name)
            if is_fresh or attempt == 2:
                break
        raise PluggyRefusedError(f"{path.partition('?')[0]}: {_message(reply)}")

    async def _key(self) -> tuple[str, bool]:
        """The shared key, and whether it was asked for just now."""
        kept = await self._redis.get(self._key_name)
        if kept:
            return kept.decode() if isinstance(kept, bytes) else kept, False
        credentials = {
            "clientId": self._settings.client_id,
            "clientSecret": self._settings.client_secret.get_secret_value(),
        }
        reply = await self._send("POST", "auth", "/auth", credentials, {})
        if reply.status in {401, 403}:
            raise PluggyRefusedError(f"/auth: {_message(reply)}")
        key = str(_object(_read(reply)).get("apiKey") or "")
        if not key:
            raise PluggyBrokenError("/auth gave no key")
        await self._redis.set(self._key_name, key, ex=KEY_SECONDS)
        return key, True

    async def _send(
        self, method: str, endpoint: str, path: str, body: dict[str, Any] | None, headers: Mapping[str, str]
    ) -> Reply:
        name = f"pluggy:{endpoint}"
        free_at = await self._limits.acquire(name)
        if free_at is not None:
            raise PluggyLimitedError(datetime.fromtimestamp(free_at, UTC))
        try:
            reply = await self._http.request(method, self._base + path, headers=headers, json=body)
        except OutboundError as error:
            raise PluggyBrokenError(str(error)) from error
        if reply.status == 429:
            seconds = _retry_after(reply.headers)
            await self._limits.pause(name, seconds)
            raise PluggyLimitedError(datetime.fromtimestamp(time.time() + seconds, UTC))
        return reply


def _retry_after(headers: Mapping[str, str]) -> float:
    for name in ("retry-after", "ratelimit-reset"):
        text = headers.get(name, "").strip()
        if text.isdecimal() and len(text) < 6:
            return max(float(text), 1.0)
    return DEFAULT_PAUSE_SECONDS


def _read(reply: Reply) -> Any:
    if reply.status == 404:
        raise PluggyNotFoundError(_message(reply))
    if reply.status == 410:
        raise PluggyGoneError(_message(reply))
    if reply.status >= 500:
        raise PluggyBrokenError(f"{reply.status}: {_message(reply)}")
    if reply.status >= 400:
        raise PluggyRefusedError(f"{reply.status}: {_message(reply)}")
    try:
        # Amounts must not pass through binary fractions.
        return json.loads(reply.content, parse_float=str)
    except ValueError as error:
        raise PluggyBrokenError("the answer is no JSON") from error


def _message(reply: Reply) -> str:
    try:
        body = json.loads(reply.content)
    except ValueError:
        return f"status {reply.status}"
    told = body.get("message") if isinstance(body, dict) else None
    return f"status {reply.status}, {str(told)[:200]}" if told else f"status {reply.status}"


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise PluggyBrokenError("the answer is no object")
    return answer


def _results(answer: Any) -> list[dict[str, Any]]:
    results = _object(answer).get("results")
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise PluggyBrokenError("the answer has no results")
    return results
