"""How much the API grows when a stranger sends it 300 MB of JSON, with the layer that bounds bodies and without it.

Both are the whole application on a real server, and both answer 401. Without the layer FastAPI reads and parses the
body first.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from _api import Client, Server
from _report import Series, Verdict, alternate, finish, parse_arguments
from upload_memory import MEBIBYTE, Watch

PATH = "/api/v1/batch-expenses"
ITEM = b'{"cnpj": "12.345.678/0001-95", "service_type": "limpeza", "amount": "1234.56"},'
BLOCK = ITEM * 1024
MOST_SHARE = 0.05


def growth(application: str, size: int) -> float:
    """MiB that a fresh server grows by while a stranger's body arrives."""
    with Server(application) as api:
        Client(api)
        warm_up(api.port)
        with Watch(api.process.pid) as watch:
            before = watch.now()
            send(api.port, size)
        return max(watch.peak - before, 0.0)


def warm_up(port: int) -> None:
    """One small refused request, so that what is made on first use is not counted."""
    send(port, len(BLOCK))


def send(port: int, size: int) -> None:
    """Send the body as far as the server takes it, and read the answer where it lets us."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode())
            for block in body(size):
                connection.sendall(block)
            if not connection.recv(64).startswith(b"HTTP/1.1 401"):
                raise RuntimeError("a stranger was not answered with 401")


def body(size: int) -> Iterator[bytes]:
    """A batch of expenses of exactly this size."""
    start, end = b'{"items": [', ITEM[:-1] + b"]}"
    left = size - len(start) - len(end)
    yield start
    while left > len(BLOCK):
        yield BLOCK
        left -= len(BLOCK)
    yield b" " * left
    yield end


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    size = (64 if quick else 286) * MEBIBYTE
    guarded, bare = alternate(
        1 if quick else 3, lambda: growth("malha.main:app", size), lambda: growth("_unguarded_api:app", size)
    )
    series = [Series("growth with the layer", guarded, "MiB"), Series("growth without it", bare, "MiB")]
    finish(series, [Verdict("body_memory", max(guarded) / series[1].median, MOST_SHARE, at_most=True)])


if __name__ == "__main__":
    main()
