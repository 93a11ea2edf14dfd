"""The API's resident memory while a gigabyte passes through it, and how fast a form is taken in.

Memory: one request with one file of 1 GiB against a real server, its RSS watched all the while. Speed: the same body
in this process through Starlette's `form()`, and through ours with hash, limits and storage.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Self

import psutil
from _api import BOUNDARY, FORM_TAIL, Client, Server, form_head, make_token, request_head
from _report import Series, Verdict, alternate, finish, parse_arguments
from starlette.requests import Request

from malha.settings import UploadSettings, get_settings
from malha.storage import Storage, StorageSink, receive_upload

MEBIBYTE = 1024 * 1024
PASSING_BYTES = 1024 * MEBIBYTE
WARM_BYTES = 16 * MEBIBYTE
MOST_GROWTH_MEBIBYTES = 32.0
CHUNK_BYTES = 64 * 1024
LIMITS = {"MAX_UPLOAD_FILE_BYTES": str(2 * PASSING_BYTES), "MAX_UPLOAD_JOB_BYTES": str(2 * PASSING_BYTES)}
BLOCK = (b"<det><xProd>Produto de teste</xProd></det>\r\n" * (CHUNK_BYTES // 44 + 1))[:CHUNK_BYTES]


class Watch:
    """The greatest RSS of a process since the watch began, in MiB."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.peak = 0.0

    def now(self) -> float:
        return self._process.memory_info().rss / MEBIBYTE

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self.now())


def pass_through(client: Client, token: str, size: int) -> None:
    """One audit of one file of this size."""
    start = form_head("grande.xml")
    blocks = (BLOCK for _ in range(size // CHUNK_BYTES))
    head = request_head("/api/v1/audits", len(start) + size + len(FORM_TAIL), token=token)
    status = client.stream(head + start, _with_tail(blocks))
    if status != 202:
        raise RuntimeError(f"the upload was answered with {status}")


def _with_tail(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield FORM_TAIL


def measure_growth(rounds: int) -> tuple[list[float], list[float]]:
    """MiB of growth and seconds, for each gigabyte."""
    token = make_token(get_settings())
    growth: list[float] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {"UPLOADS_DIR": str(Path(folder) / "uploads"), "LOG_LEVEL": "WARNING", **LIMITS}
        with Server("malha.main:app", **environment) as api:
            client = Client(api)
            pass_through(client, token, WARM_BYTES)
            before = Watch(api.process.pid).now()
            for _ in range(rounds):
                started = time.perf_counter()
                with Watch(api.process.pid) as watch:
                    pass_through(client, token, PASSING_BYTES)
                seconds.append(time.perf_counter() - started)
                growth.append(watch.peak - before)
                shutil.rmtree(Path(folder) / "uploads")
    return growth, seconds


class Bodies:
    """The same form again and again, in the chunks in which a server hands it over."""

    def __init__(self, size: int) -> None:
        self.size = size
        content = BLOCK * (size // CHUNK_BYTES)
        body = form_head("nota.xml") + content + FORM_TAIL
        self._chunks = [body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES)]

    def request(self) -> Request:
        pending = iter(self._chunks)

        async def receive() -> dict[str, object]:
            chunk = next(pending, None)
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        content_type = f"multipart/form-data; boundary={BOUNDARY}".encode()
        return Request({"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}, receive)

    def starlette_rate(self) -> float:
        """MB/s of `Request.form()`, which leaves the file in a temporary one."""

        async def parse() -> None:
            form = await self.request().form()
            await form.close()

        return self._rate(parse())

    def our_rate(self, folder: Path) -> float:
        """MB/s of the route's own intake, which leaves the file hashed and stored."""
        limits = UploadSettings.model_validate({name: int(value) for name, value in LIMITS.items()})
        storage = Storage.local(folder, does_sync=False)

        async def take() -> None:
            sink = StorageSink(storage, "audit")
            await receive_upload(self.request(), limits=limits, sink=sink)
            await sink.finish()

        rate = self._rate(take())
        shutil.rmtree(folder / "audit")
        return rate

    def _rate(self, work: Coroutine[None, None, None]) -> float:
        started = time.perf_counter()
        asyncio.run(work)
        return self.size / (time.perf_counter() - started) / 1e6


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    growth, seconds = measure_growth(1 if quick else 5)
    bodies = Bodies(64 * MEBIBYTE if quick else 128 * MEBIBYTE)
    with tempfile.TemporaryDirectory() as folder:
        starlette, ours = alternate(5 if quick else 15, bodies.starlette_rate, lambda: bodies.our_rate(Path(folder)))
    series = [
        Series("API memory growth while 1 GiB passes", growth, "MiB"),
        Series("1 GiB to the disk, with its job", seconds, "s"),
        Series("Starlette form(), to a temporary file", starlette, "MB/s"),
        Series("ours, hashed, checked and stored", ours, "MB/s"),
    ]
    finish(
        series,
        [
            Verdict(
                f"upload_memory, of {MOST_GROWTH_MEBIBYTES:.0f} MiB",
                max(growth) / MOST_GROWTH_MEBIBYTES,
                1,
                at_most=True,
            ),
            Verdict("upload_memory parse", series[3].median / series[2].median, 1.5, at_most=False),
        ],
    )


if __name__ == "__main__":
    main()
