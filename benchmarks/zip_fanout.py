"""A ZIP of mixed notes through API, queue and two worker processes beside the pure library on as many cores.

The anchor is `malha.fiscal.bulk.audit_files` with two processes over the same notes as files of a folder, in the same
run. Each round sends the ZIP, which is larger than the API takes unless it is told to (`MAX_UPLOAD_FILE_BYTES`), asks
for its findings until there are some, and waits for the end of the audit. The memory of the worker's processes and of
their guarded children is sampled meanwhile. Each by itself counts its resident set; all together count shared pages
once (PSS), as a fork shares most of what its parent has loaded.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx2
import psutil
from _api import Server, make_token
from _report import Series, Verdict, alternate, finish, parse_arguments

from malha.fiscal.bulk import audit_files
from malha.fiscal.options import AuditOptions
from malha.kit.ids import new_id
from malha.settings import get_settings
from malha.simulators.nfe import NoteBuilder

HERE = Path(__file__).parent
ITEM_COUNTS = (1, 2, 4, 4, 8, 12, 29, 40)
SAMPLE_SECONDS = 0.25
MEBIBYTE = 1024 * 1024
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
PROCESSES = 2


def make_notes(folder: Path, count: int) -> tuple[list[Path], bytes]:
    """Notes with keys of their own, as files and as a ZIP; a few are not XML any more, as in real archives."""
    packed = io.BytesIO()
    files: list[Path] = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            items = ITEM_COUNTS[number % len(ITEM_COUNTS)]
            note = NoteBuilder(seed=number).with_items(items).authorised()
            if number % 500 == 0:
                note = note[: len(note) // 2]
            files.append(folder / f"{number:05}.xml")
            files[-1].write_bytes(note)
            archive.writestr(files[-1].name, note)
    return files, packed.getvalue()


@contextmanager
def worker() -> Iterator[psutil.Process]:
    """A worker of two processes, and a beat."""
    silent = subprocess.DEVNULL
    with ExitStack() as started:
        pids: list[int] = []
        for arguments in (["worker", "-c", str(PROCESSES), "-Q", "long,long.express"], ["beat", "--pidfile="]):
            command = [sys.executable, "-m", "celery", "-A", "malha.worker", *arguments, "-l", "WARNING"]
            process = subprocess.Popen(command, cwd=HERE, env=os.environ.copy(), stdout=silent, stderr=silent)
            started.callback(_end, process)
            pids.append(process.pid)
        yield psutil.Process(pids[0])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Memory:
    """The most that was seen of a process and all below it."""

    def __init__(self, root: psutil.Process) -> None:
        self.each_bytes = self.together_bytes = self.resident_bytes = 0
        self._root = root
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            together = resident = 0
            for process in [self._root, *self._root.children(recursive=True)]:
                with suppress(psutil.Error):
                    used = process.memory_full_info()
                    self.each_bytes = max(self.each_bytes, used.rss)
                    together += used.pss
                    resident += used.rss
            self.together_bytes = max(self.together_bytes, together)
            self.resident_bytes = max(self.resident_bytes, resident)


class Audits:
    """An account at the API."""

    def __init__(self, port: int, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=120)
        self.first_seconds: list[float] = []

    def run(self, data: bytes, count: int) -> float:
        """Seconds from sending to the end; those until the first findings are noted."""
        began = time.perf_counter()
        files = {"files": ("notas.zip", data, "application/zip")}
        answer = self._client.post("/audits", files=files, headers={"Idempotency-Key": str(new_id())})
        answer.raise_for_status()
        answered, path = time.perf_counter(), f"/audits/{answer.json()['id']}"
        while not self._get(f"{path}/findings")["items"]:
            time.sleep(0.05)
        self.first_seconds.append(time.perf_counter() - answered)
        while (audit := self._get(path))["status"] not in ENDED:
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        assert (audit["state"], audit["document_count"]) == ("succeeded", count), audit
        print(f"  {audit['result_payload']['summary']['compared_documents']} documents compared, first findings after "
              f"{self.first_seconds[-1]:.2f} s, all after {seconds:.1f} s")  # fmt: skip
        return seconds

    def _get(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()


def library_seconds(files: list[Path]) -> float:
    """The anchor."""
    began = time.perf_counter()
    audit_files(files, AuditOptions(), processes=PROCESSES)
    return time.perf_counter() - began


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    count, rounds = (1_000, 2) if quick else (10_000, 1)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        files, data = make_notes(folder, count)
        print(f"{count:,} notes, {len(data):,} bytes as a ZIP")
        server = opened.enter_context(Server("malha.main:app", MAX_UPLOAD_FILE_BYTES=str(100 * MEBIBYTE)))
        watched = opened.enter_context(worker())
        audits = Audits(server.port, make_token(get_settings()))
        _wait_until_up(server.port)
        few = make_notes(folder, 40)[1]
        print("warming up:")
        audits.run(few, 40)
        audits.first_seconds.clear()
        memory = opened.enter_context(Memory(watched))
        ours, library = alternate(rounds, lambda: audits.run(data, count), lambda: library_seconds(files))
    sides = [Series("through API, queue and two processes", ours, "s"), Series("library, two processes", library, "s")]
    each, together, resident = (
        taken // MEBIBYTE for taken in (memory.each_bytes, memory.together_bytes, memory.resident_bytes)
    )
    print(f"  worker memory: {each} MiB the largest process, {together} MiB all together (PSS), {resident} MiB as RSS")
    finish(
        sides,
        [
            Verdict("zip_fanout rate to library", sides[1].median / sides[0].median, 0.6, at_most=False),
            Verdict("zip_fanout largest process in 300 MiB", each / 300, 1, at_most=True),
            Verdict("zip_fanout all processes in 300 MiB", together / 300, 1, at_most=True),
            Verdict("zip_fanout first findings in 2 s", max(audits.first_seconds) / 2, 1, at_most=True),
        ],
    )


def _wait_until_up(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"http://127.0.0.1:{port}/api/v1/health/live").is_success:
                return
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


if __name__ == "__main__":
    main()
