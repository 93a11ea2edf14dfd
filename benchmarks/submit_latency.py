"""`POST /api/v1/audits` of a 10 KB file against a bare FastAPI route that only stores the file.

Both promise the same: what was answered survives a power cut. We store the file, and the job with its idempotency
key, part and event in PostgreSQL. One kept connection each, a request every few milliseconds, in turns. Then, with a
worker, the time from a job's creation until it runs, by the database's clock.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from _api import FORM_TAIL, Client, Server, form_head, make_token, request_head
from _report import Series, Verdict, finish, parse_arguments

from malha.kit.urls import libpq_url
from malha.settings import get_settings
from malha.simulators.nfe import NoteBuilder

FILE_BYTES = 10 * 1024
PAUSE_SECONDS = 0.004
BATCH = 50
IDLE_SECONDS = 0.1
MOST_MILLISECONDS_TO_RUNNING = 20.0
WORKER_TIMEOUT_SECONDS = 60

settings = get_settings()


def ten_kilobytes() -> bytes:
    """A note, brought to the size by blanks after its end."""
    return NoteBuilder(1).with_items(1).authorised()[:FILE_BYTES].ljust(FILE_BYTES)


def poster(client: Client, path: str, expected: int, *, token: str = "") -> Callable[[], float]:
    """Posts the file once and returns the milliseconds that it took."""
    body = form_head("nota.xml") + ten_kilobytes() + FORM_TAIL

    def post() -> float:
        data = request_head(path, len(body), token=token) + body
        started = time.perf_counter()
        status = client.send(data)
        elapsed = time.perf_counter() - started
        if status != expected:
            raise RuntimeError(f"{path} answered {status}")
        return elapsed * 1000

    return post


def in_turns(rounds: int, *sides: Callable[[], float]) -> list[list[float]]:
    """A batch of one side, a batch of the next, again and again."""
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for values, side in zip(measured, sides, strict=True):
            for _ in range(BATCH):
                values.append(side())
                time.sleep(PAUSE_SECONDS)
    return measured


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def milliseconds_to_running(connect: Callable[[], Callable[[], float]], count: int) -> list[float]:
    """Post to an idle worker and ask the database how long each job waited."""
    command = [sys.executable, "-m", "celery", "-A", "malha.worker", "worker", "-c", "1", "-l", "ERROR"]
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as record:
        worker = subprocess.Popen([*command, "-Q", "short,long"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_idle(record)
            post = connect()
            since = record.execute("SELECT now()").fetchone()
            for _ in range(count):
                post()
                time.sleep(IDLE_SECONDS)
            _wait_until_idle(record)
            rows = record.execute(
                "SELECT extract(epoch FROM started_at - created_at) * 1000 FROM jobs WHERE created_at > %s", since
            )
            return [float(row[0]) for row in rows]
        finally:
            worker.terminate()
            worker.wait(timeout=60)


def _wait_until_idle(record: psycopg.Connection) -> None:
    deadline = time.monotonic() + WORKER_TIMEOUT_SECONDS
    while record.execute("SELECT EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)").fetchone() == (True,):
        if time.monotonic() > deadline:
            raise TimeoutError("the worker does not finish its jobs")
        time.sleep(0.05)


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rounds, jobs = (8, 40) if quick else (40, 200)
    token = make_token(settings)
    with (
        tempfile.TemporaryDirectory() as folder,
        Server("_bare_store:app", BARE_STORE=folder, BARE_STORE_FSYNC="1") as durable,
        Server("_bare_store:app", BARE_STORE=folder) as cached,
        Server("malha.main:app", UPLOADS_DIR=str(Path(folder) / "uploads"), LOG_LEVEL="WARNING") as api,
    ):

        def connect() -> Callable[[], float]:
            return poster(Client(api), "/api/v1/audits", 202, token=token)

        sides = [poster(Client(durable), "/", 200), poster(Client(cached), "/", 200), connect()]
        in_turns(1, *sides)
        anchor, unsafe, ours = in_turns(rounds, *sides)
        waits = milliseconds_to_running(connect, jobs)
    series = [
        Series("bare FastAPI route, file on the disk", anchor, "ms"),
        Series("bare FastAPI route, file in the page cache", unsafe, "ms"),
        Series("POST /audits", ours, "ms"),
        Series("from created to running, worker idle", waits, "ms"),
    ]
    print(f"  p99: {percentile(anchor, 0.99):.2f}, {percentile(unsafe, 0.99):.2f}, {percentile(ours, 0.99):.2f} ms")
    print(f"  against the page cache, p50 is {series[2].median / series[1].median:.2f} times as long")
    tail = percentile(ours, 0.99) / percentile(anchor, 0.99)
    wait = series[3].median / MOST_MILLISECONDS_TO_RUNNING
    finish(
        series,
        [
            Verdict("submit_latency p50", series[2].median / series[0].median, 2, at_most=True),
            Verdict("submit_latency p99", tail, 4, at_most=True),
            Verdict(f"submit_latency to running, of {MOST_MILLISECONDS_TO_RUNNING:.0f} ms", wait, 1, at_most=True),
        ],
    )


if __name__ == "__main__":
    main()
