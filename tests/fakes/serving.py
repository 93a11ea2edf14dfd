"""An application on loopback, served by uvicorn from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI

WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Serving:
    """Where the application answers, and the loop that it runs on."""

    url: str
    loop: asyncio.AbstractEventLoop


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[Serving]:
    """Serve until the block is left; an application with realtime parts is waited for until it hears its feed."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, log_config=None))
    listener = socket.create_server(("127.0.0.1", 0))
    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=_serve, args=[loops, server, listener], daemon=True)
    thread.start()
    wait_until(lambda: server.started and app.state.realtime.subscriber.is_subscribed)
    try:
        yield Serving(f"http://127.0.0.1:{listener.getsockname()[1]}", loops[0])
    finally:
        loops[0].call_soon_threadsafe(app.state.realtime.tails.close)
        server.should_exit = True
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


def _serve(loops: list[asyncio.AbstractEventLoop], server: uvicorn.Server, listener: socket.socket) -> None:
    with asyncio.Runner() as runner:
        loops.append(runner.get_loop())
        runner.run(server.serve(sockets=[listener]))


def wait_until(condition: Callable[[], Any], *, seconds: float = WAIT_SECONDS) -> Any:
    """Wait for something to become true; the time is a limit, not a measure."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.01)
    return result
