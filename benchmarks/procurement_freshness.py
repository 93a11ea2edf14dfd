"""How long after a change at the portal the record can be found here: a portal of real size at 60 times the speed.

15,000 changes a day (5,800 publications, the rest later versions), an update every 15 minutes as the clock asks for
it, our pace 60 times the default because the portal's is. Lags are in the portal's time, from a version to the first
moment at which another connection sees its row; "with items" also waits for the counted set of items and results.
Whatever has not changed again must be here in the end: `missed` counts what is not.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import psycopg
from _pncp import Worker, servers, settings_for
from _report import Series, Verdict, finish, parse_arguments

from malha.kit.clock import SAO_PAULO
from malha.kit.urls import libpq_url
from malha.procurement.service import _clock, take_scheduled
from malha.procurement.settings import ProcurementSettings
from malha.simulators.pncp import Calendar, World
from malha.simulators.pncp.entries import PROCUREMENTS, write_instant

SPEED = 60.0
STARTS = "2026-11-10T06:30:00"
DAY = date(2026, 11, 10)
UPDATE_EVERY_SECONDS = 900 / SPEED
PACE = f"{round(120 * SPEED)}/minute"
TARGET_MINUTES = 20.0
SEED = 1
POLL_SECONDS = 0.25

_FIRST_SEEN = """
SELECT control_number, version_at, items_state = 'complete' FROM procurements WHERE seen_at > now() - interval '90 s'
"""


def main() -> None:
    quick = parse_arguments(__doc__ or "").quick
    hours, scale, parallel = (0.5, 0.05, 8) if quick else (4.0, 1.0, 8)
    calendar = Calendar(STARTS)
    with servers() as (services, home), served_portal(home, scale) as host:
        more = {"limit": PACE, "parallel": parallel, "control_url": ""}
        worker = Worker(settings_for(services, host, **more))
        _clock.use_clock(lambda: portal_time(calendar))
        warmed = update(worker)
        print(f"  the day until {STARTS[11:16]} read beforehand in {warmed:.0f} s, load {os.getloadavg()[0]:.1f}")
        httpx2.post(f"http://{host}/_control/clock", json={"now": STARTS, "speed": SPEED}, timeout=60)
        calendar.move(STARTS, SPEED)
        watcher = Watcher(services.database_url, calendar)
        runs = follow(worker, calendar, seconds=hours * 3600 / SPEED)
        watcher.stop()
        report(worker, watcher, scale, runs)
        worker.close()


def portal_time(calendar: Calendar) -> datetime:
    return datetime.fromisoformat(write_instant(calendar.now())).replace(tzinfo=SAO_PAULO)


@contextmanager
def served_portal(home: Path, scale: float) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"PNCP_SEED": str(SEED), "PNCP_SCALE": str(scale), "PNCP_NOW": STARTS}
    command = [sys.executable, "-m", "uvicorn", "_pncp_served:app", "--port", str(port), "--log-level", "critical"]
    process = subprocess.Popen([*command, "--app-dir", str(Path(__file__).parent)], env=environment, cwd=home)
    try:
        while True:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/_control/clock", timeout=60)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def update(worker: Worker) -> float:
    """One update as the clock asks for it; the seconds that it took."""
    began = time.monotonic()

    async def take() -> UUID | None:
        async with worker.runtime.database.session() as session:
            return await take_scheduled(session, worker.settings.of(ProcurementSettings))

    job_id = worker.runtime.run(take())
    assert job_id is not None
    worker.drain(job_id, deadline=3600)
    return time.monotonic() - began


def follow(worker: Worker, calendar: Calendar, *, seconds: float) -> list[tuple[int, float]]:
    """Update every quarter of an hour of the portal's; when each began by its clock, and how long it took."""
    runs: list[tuple[int, float]] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        due = time.monotonic() + UPDATE_EVERY_SECONDS
        runs.append((calendar.now(), update(worker)))
        time.sleep(max(due - time.monotonic(), 0))
    runs.append((calendar.now(), update(worker)))
    return runs


class Watcher:
    """Another connection that looks what can be found, and when."""

    def __init__(self, database_url: str, calendar: Calendar) -> None:
        self.lags: dict[tuple[str, datetime], float] = {}
        self.whole_lags: dict[tuple[str, datetime], float] = {}
        self._url, self._calendar, self._since = libpq_url(database_url), calendar, portal_time(calendar)
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stops.set()
        self._thread.join()

    def _watch(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stops.wait(POLL_SECONDS):
                rows = connection.execute(_FIRST_SEEN).fetchall()
                now = portal_time(self._calendar)
                for number, version_at, is_whole in rows:
                    if version_at <= self._since:
                        continue
                    lag = (now - version_at).total_seconds() / 60
                    self.lags.setdefault((number, version_at), lag)
                    if is_whole:
                        self.whole_lags.setdefault((number, version_at), lag)


def count_missed(worker: Worker, scale: float, last_began: int) -> tuple[int, int]:
    """Of what changed up to the last update's beginning, and not since: how much is not here, and of how many."""
    held = {
        row["control_number"]: row["version_at"]
        for row in worker.record.execute("SELECT control_number, version_at FROM procurements").fetchall()
    }
    missed = wanted = 0
    for entry in World(SEED, scale).changed(PROCUREMENTS, DAY, DAY, last_began):
        stamp = datetime.fromisoformat(write_instant(entry.stamp(last_began) or 0)).replace(tzinfo=SAO_PAULO)
        wanted += 1
        missed += entry.control not in held or held[entry.control] < stamp
    return missed, wanted


def report(worker: Worker, watcher: Watcher, scale: float, runs: list[tuple[int, float]]) -> None:
    missed, wanted = count_missed(worker, scale, runs[-1][0])
    lags, whole = list(watcher.lags.values()), list(watcher.whole_lags.values())
    took = [seconds for _, seconds in runs]
    print(f"  scale {scale:g}; {len(lags):,} versions seen, {wanted:,} records to be held, {missed} missed; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for name, values in (("row", lags), ("with items", whole)):
        if len(values) > 20:
            cuts = statistics.quantiles(values, n=20)
            print(f"  {name:<12} p50 {cuts[9]:.1f} min, p95 {cuts[18]:.1f} min, most {max(values):.1f} min")
    p95 = statistics.quantiles(lags, n=20)[18] if len(lags) > 20 else float("inf")
    finish(
        [Series("an update, real seconds of 15", took, "s")],
        [
            Verdict("procurement_freshness p95 minutes", p95, TARGET_MINUTES, at_most=True),
            Verdict("records missed", missed, 0, at_most=True),
        ],
    )


if __name__ == "__main__":
    main()
