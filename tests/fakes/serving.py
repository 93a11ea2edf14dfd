"""The whole application on loopback, with its live events."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fastapi import FastAPI
from tests.fakes.loopback import LoopbackServer, wait_until


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[LoopbackServer]:
    """Serve until the block is left, from when the application hears its feed on."""
    with LoopbackServer(app) as server:
        wait_until(lambda: app.state.realtime.subscriber.is_subscribed)
        try:
            yield server
        finally:
            server.loop.call_soon_threadsafe(app.state.realtime.tails.close)
