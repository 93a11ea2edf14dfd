"""Four worker processes ask a provider for five minutes, as fast as they can, below a limit of three a minute.

The provider is the simulated CNPJ.ws, in a process and on a clock of its own. It counts what arrives, refused or not:
never may there be more in any window than the limit says, and of what the limit allows at least 95 % must be used.
With --quick the limit is three in 10 s, for 34 s.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psycopg
from _report import Series, Verdict, finish, parse_arguments
from redis import Redis

from malha.db import Database
from malha.fiscal.identifiers import cnpj_check_digits
from malha.kit.clock import utc_now
from malha.kit.urls import libpq_url
from malha.settings import OutboundSettings, Settings, get_settings
from malha.suppliers.service import ApiResources, look_up
from malha.suppliers.settings import SupplierSettings

PROCESSES = 4
COUNT = 3
CNPJS_PER_PROCESS = 1000
START_TIMEOUT_SECONDS = 20


def make_cnpj(number: int) -> str:
    base = f"{number:08d}0001"
    return base + cnpj_check_digits(base)


def settings_for(host: str, window_seconds: int) -> Settings:
    """The platform's settings, with the simulated CNPJ.ws as the only provider."""
    suppliers = SupplierSettings(
        providers=["cnpj_ws"], cnpj_ws_url=f"http://{host}/cnpj-ws", cnpj_ws_limit=f"{COUNT}/{window_seconds} seconds"
    )
    outbound = OutboundSettings(allowed_hosts=[host])
    return get_settings().model_copy(update={"outbound": outbound}).with_groups(suppliers)


@contextmanager
def simulated_provider(window_seconds: int) -> Iterator[str]:
    """`host:port` of a registry in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "malha.simulators.cnpj.app:app", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning"], cwd=Path(__file__).parent)
    host = f"127.0.0.1:{port}"
    try:
        limit = {"provider": "cnpj_ws", "count": COUNT, "seconds": window_seconds}
        _until_it_answers(f"http://{host}/_control/limits", limit)
        yield host
    finally:
        server.terminate()
        server.wait(10)


def _until_it_answers(url: str, body: dict[str, object]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            httpx2.post(url, json=body).raise_for_status()
        except httpx2.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def work(number: int, host: str, window_seconds: int, seconds: float) -> None:
    """One worker: every look-up that it may do, coming back when it is told to."""
    asyncio.run(_work(number, settings_for(host, window_seconds), time.monotonic() + seconds))


async def _work(number: int, settings: Settings, deadline: float) -> None:
    database = Database(settings.database)
    cnpjs = [make_cnpj(number * CNPJS_PER_PROCESS + each) for each in range(1, CNPJS_PER_PROCESS)]
    while time.monotonic() < deadline:
        result = await look_up(ApiResources(database, settings), cnpjs)
        if result.retry_at is None:
            raise RuntimeError("the worker ran out of CNPJs")
        rest = min((result.retry_at - utc_now()).total_seconds(), deadline - time.monotonic())
        await asyncio.sleep(max(rest, 0))
    await database.dispose()


def fullest_window(times: list[float], seconds: float) -> int:
    """The most arrivals within any such time, its beginning included and its end not."""
    return max(bisect_right(times, start + seconds - 1e-9) - place for place, start in enumerate(times))


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    window, seconds = (10, 34) if quick else (60, 300)
    if quick:
        print(f"  --quick: {COUNT} in {window} s for {seconds} s, instead of {COUNT} in 60 s for 300 s")
    with psycopg.connect(libpq_url(get_settings().database.url), autocommit=True) as record:
        record.execute("TRUNCATE suppliers, supplier_claims")
    with Redis.from_url(get_settings().broker.redis_url) as redis:
        for key in redis.scan_iter("malha:limits*"):
            redis.delete(key)
    with simulated_provider(window) as host:
        # Spawned, not forked: each with its own connections, as real workers have them.
        spawn = multiprocessing.get_context("spawn")
        workers = [spawn.Process(target=work, args=(each, host, window, seconds)) for each in range(PROCESSES)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        asks = httpx2.get(f"http://{host}/_control/asks").json()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("a worker failed")
    times = sorted(ask["at"] for ask in asks)
    refused = sum(ask["status"] != 200 for ask in asks)
    # From the first ask to the last, without the first window's own: what a moving window could have let through.
    used = (len(times) - COUNT) / ((times[-1] - times[0]) / window * COUNT)
    finish(
        [
            Series(f"asks in the fullest {window} s", [float(fullest_window(times, window))], "asks"),
            Series("asks that arrived", [float(len(times))], "asks"),
            Series("of these refused by the provider", [float(refused)], "asks"),
        ],
        [
            Verdict("rate_limit fullest window / limit", fullest_window(times, window) / COUNT, 1, at_most=True),
            Verdict("rate_limit used / allowed", used, 0.95, at_most=False),
        ],
    )


if __name__ == "__main__":
    main()
