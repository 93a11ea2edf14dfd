"""What an attacker may write as an address, and where a redirect or a changing name may lead."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from httpcore2 import AnyIOBackend, AsyncNetworkStream, ConnectError

from malha.outbound import (
    AddressForbiddenError,
    OutboundClient,
    OutboundTimeoutError,
    RedirectForbiddenError,
    ReplyTooLargeError,
    UnreachableError,
)
from malha.outbound.addresses import GuardedBackend, is_public

pytestmark = pytest.mark.anyio

PRIVATE_URLS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://017700000001/",
    "http://0177.1/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://user:secret@127.0.0.1/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://[::ffff:169.254.169.254]/",
    "http://168.63.129.16.nip.test/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata/",
    "http://instance-data/",
    "http://kubernetes.default.svc/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
]
NAMES = {
    "metadata.google.internal": "169.254.169.254",
    "metadata": "169.254.169.254",
    "localhost.": "127.0.0.1",
    "instance-data": "169.254.169.254",
    "kubernetes.default.svc": "10.96.0.1",
    "168.63.129.16.nip.test": "10.1.2.3",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's resolver for addresses and localhost, a table for the names of clouds."""
    if host in NAMES:
        return [NAMES[host]]
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives one answer a connection; yields its `host:port` and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def ok(body: bytes = b"{}", *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("url", PRIVATE_URLS)
async def test_no_spelling_of_a_private_address_is_called(url: str) -> None:
    async with OutboundClient(user_agent="test", resolve=resolve) as client:
        with pytest.raises(AddressForbiddenError):
            await client.get(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "ftp://example.com/", "unix:///x", "//x", "x", ""]
)
async def test_only_http_is_spoken(url: str) -> None:
    async with OutboundClient(user_agent="test", resolve=resolve) as client:
        with pytest.raises(AddressForbiddenError):
            await client.get(url)


async def test_one_private_address_among_public_ones_condemns_the_name() -> None:
    async def mixed(_host: str, _port: int) -> Sequence[str]:
        return ["8.8.8.8", "127.0.0.1"]

    async with OutboundClient(user_agent="test", resolve=mixed) as client:
        with pytest.raises(AddressForbiddenError):
            await client.get("http://mixed.test/")


class RecordingSockets(AnyIOBackend):
    """Notes where a connection would go, and goes nowhere."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> AsyncNetworkStream:
        self.connected.append(host)
        raise ConnectError("nowhere")


async def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """The connection goes to the judged address: there is no second lookup that could answer differently."""
    answers = iter(["8.8.8.8", "127.0.0.1"])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return [next(answers)]

    backend = GuardedBackend(resolve=rebinding)
    backend._sockets = sockets = RecordingSockets()
    with pytest.raises(ConnectError):
        await backend.connect_tcp("rebinding.test", 80)
    with pytest.raises(AddressForbiddenError):
        await backend.connect_tcp("rebinding.test", 80)
    assert sockets.connected == ["8.8.8.8"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://127.1:1/", "//[::1]:1/", "http://2130706433:1/", "ftp://127.0.0.1/"]
)
async def test_a_redirect_is_judged_like_any_address(target: str, status: int) -> None:
    with answering(redirect(target, status)) as (host, _):
        async with OutboundClient(user_agent="test", allowed_hosts=[host], resolve=resolve) as client:
            with pytest.raises(AddressForbiddenError):
                await client.get(f"http://{host}/")


async def test_redirects_end_somewhere() -> None:
    with answering(*[redirect("/again")] * 6) as (host, heard):
        async with OutboundClient(user_agent="test", allowed_hosts=[host]) as client:
            with pytest.raises(RedirectForbiddenError):
                await client.get(f"http://{host}/")
    assert len(heard) == 4


async def test_a_redirect_to_somebody_else_does_not_take_the_token_along() -> None:
    with answering(ok(b'{"here": 1}')) as (other, told), answering(redirect(f"http://{other}/x")) as (host, heard):
        async with OutboundClient(user_agent="test", allowed_hosts=[host, other]) as client:
            reply = await client.get(f"http://{host}/", headers={"x_api_token": "secret"})
    assert reply.json() == {"here": 1}
    assert b"x_api_token: secret" in heard[0]
    assert b"secret" not in told[0]


async def test_the_allowance_is_for_one_port_of_one_host() -> None:
    with answering(ok(b'{"a": 1}')) as (host, _):
        async with OutboundClient(user_agent="test", allowed_hosts=[host], resolve=resolve) as client:
            assert (await client.get(f"http://{host}/")).json() == {"a": 1}
            with pytest.raises(AddressForbiddenError):
                await client.get("http://127.0.0.1:1/")
            with pytest.raises(AddressForbiddenError):
                await client.get(f"http://localhost:{host.rpartition(':')[2]}/")


async def test_an_answer_may_not_be_larger_than_asked_for() -> None:
    with answering(ok(b"x" * 5000)) as (host, _):
        async with OutboundClient(user_agent="test", allowed_hosts=[host], most_bytes=4999) as client:
            with pytest.raises(ReplyTooLargeError):
                await client.get(f"http://{host}/")


async def test_a_compressed_answer_is_measured_unpacked() -> None:
    with answering(ok(gzip.compress(b"0" * 1_000_000), "Content-Encoding: gzip")) as (host, _):
        async with OutboundClient(user_agent="test", allowed_hosts=[host], most_bytes=100_000) as client:
            with pytest.raises(ReplyTooLargeError):
                await client.get(f"http://{host}/")


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        async with OutboundClient(user_agent="test", allowed_hosts=[host], timeout_seconds=0.2) as client:
            with pytest.raises(OutboundTimeoutError):
                await client.get(f"http://{host}/")


async def test_errors_name_the_origin_and_no_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    async with OutboundClient(user_agent="test", allowed_hosts=[host]) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.get(f"http://user:hidden@{host}/path?token=hidden")
    assert host in str(caught.value)
    assert "hidden" not in str(caught.value)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with answering(ok(b'{"direct": true}')) as (host, _):
        async with OutboundClient(user_agent="test", allowed_hosts=[host]) as client:
            assert (await client.get(f"http://{host}/")).json() == {"direct": True}


def test_a_client_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name"):
        OutboundClient(user_agent=" ")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "2606:4700::1111", "64:ff9b::8.8.8.8"]
)
def test_public_addresses_may_be_called(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
