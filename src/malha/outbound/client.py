"""The one HTTP client for the outside world: guarded addresses, checked redirects, caps on size and time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import httpcore2
import httpx2
import orjson

from malha.outbound.addresses import GuardedBackend, Resolve, resolve_with_system
from malha.outbound.errors import (
    AddressForbiddenError,
    OutboundTimeoutError,
    RedirectForbiddenError,
    ReplyTooLargeError,
    UnreachableError,
)

MOST_REDIRECTS = 3
MOST_BYTES = 8 * 1024 * 1024
MOST_CONNECTIONS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REPEATED_AS_IS = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON; orjson.JSONDecodeError (a ValueError) for anything else."""
        return orjson.loads(self.content)

    @property
    def text(self) -> str:
        """The body as UTF-8, whatever does not fit replaced."""
        return self.content.decode(errors="replace")


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, backend: GuardedBackend) -> None:
        super().__init__(verify=_tls_context(), trust_env=False)
        # The parent offers no way to name the network backend, which is where addresses are judged.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_tls_context(),
            max_connections=MOST_CONNECTIONS,
            keepalive_expiry=30,
            network_backend=backend,
        )


@cache
def _tls_context() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


class OutboundClient:
    """Use as an async context manager. Nothing is retried here: whoever calls knows what a repetition costs.

    `allowed_hosts` holds `host:port` of services on private addresses that may be called; `timeout_seconds` bounds a
    call from the first lookup to the last byte; `most_bytes` bounds its decompressed answer.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allowed_hosts: Iterable[str] = (),
        timeout_seconds: float = 30,
        most_bytes: int = MOST_BYTES,
        resolve: Resolve = resolve_with_system,
    ) -> None:
        if not user_agent.strip():
            raise ValueError("a client without a name is refused by several services")
        self.timeout_seconds = timeout_seconds
        self._most_bytes = most_bytes
        self._http = httpx2.AsyncClient(
            transport=_GuardedTransport(GuardedBackend(allowed_hosts, resolve=resolve)),
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            timeout=timeout_seconds,
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        """GET, through at most three redirects."""
        return await self.request("GET", url, headers=headers)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        json_text: bytes | None = None,
    ) -> Reply:
        """Any answer of the other side, errors included; OutboundError where there is none.

        Headers given here go to the first origin only: a redirect to another one loses them, and a body. `json_text`
        is JSON that goes out as it is, for those who sign it.
        """
        body = orjson.dumps(json) if json is not None else json_text
        extra = {**(headers or {}), **({"Content-Type": "application/json"} if body is not None else {})}
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._follow(self._http.build_request(method, url, headers=extra, content=body))
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise OutboundTimeoutError(f"{_origin(url)} took longer than {self.timeout_seconds:g} s") from error
        except httpx2.InvalidURL as error:
            raise AddressForbiddenError(f"no usable address: {error}") from error
        except httpx2.HTTPError as error:
            raise UnreachableError(f"{_origin(url)}: {error or type(error).__name__}") from error

    async def _follow(self, request: httpx2.Request) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            if request.url.scheme not in {"http", "https"}:
                raise AddressForbiddenError(f"{request.url.scheme or 'no scheme'}: only http and https are called")
            reply = await self._send(request)
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not location:
                return reply
            request = self._redirected(request, location, reply.status)
        raise RedirectForbiddenError(f"{request.url.host}: more than {MOST_REDIRECTS} redirects")

    def _redirected(self, request: httpx2.Request, location: str, status: int) -> httpx2.Request:
        target = request.url.join(location)
        if request.url.scheme == "https" and target.scheme != "https":
            raise RedirectForbiddenError(f"{request.url.host}: a redirect from https to {target.scheme}")
        method = request.method if status in _REPEATED_AS_IS or request.method == "HEAD" else "GET"
        is_same_origin = (target.scheme, target.host, target.port) == (
            request.url.scheme,
            request.url.host,
            request.url.port,
        )
        if not is_same_origin:
            if method != "GET":
                raise RedirectForbiddenError(f"{request.url.host}: a redirect of a {method} to {target.host}")
            return self._http.build_request(method, target)
        kept = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        content = request.content if method == request.method else None
        return self._http.build_request(method, target, headers=kept, content=content)

    async def _send(self, request: httpx2.Request) -> Reply:
        response = await self._http.send(request, stream=True)
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > self._most_bytes:
                    raise ReplyTooLargeError(f"{request.url.host} sent more than {self._most_bytes} bytes")
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, bytes(content), str(request.url))


def _origin(url: str) -> str:
    """Scheme and host of a URL: what may be said of it in a log, for paths and queries may hold secrets."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0].rpartition('@')[2]}"
