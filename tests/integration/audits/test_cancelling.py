"""A cancelled audit lets its worker go, whatever the file that it is reading makes of its child."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
from tests.factories.forms import FormFile
from tests.fakes.audit_bench import Bench

from malha.guarded import Limits, audits
from malha.simulators.nfe import NoteBuilder

AS_GOOD_AS_NONE = Limits(cpu_seconds=600, wall_seconds=600)
LONG = NoteBuilder(seed=5).authorised().replace(b"</ide>", b"<NFref><refNFe>1</refNFe></NFref>" * 200_000 + b"</ide>")


def busy_children() -> set[int]:
    """Processes below this one's fork servers that have worked for a second."""
    servers = [child for child in psutil.Process().children() if "malha.guarded" in child.cmdline()]
    return {child.pid for server in servers for child in server.children() if sum(child.cpu_times()[:2]) > 1}


def test_cancelling_ends_the_child_and_frees_the_worker(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audits, "LIMITS", AS_GOOD_AS_NONE)
    audit_id = bench.post([FormFile("longa.xml", LONG)]).json()["id"]
    before = busy_children()
    worker = threading.Thread(target=bench.work, args=(audit_id,), daemon=True)
    worker.start()
    while not (reading := busy_children() - before):
        time.sleep(0.1)
    cancelled = bench.client.post(f"/api/v1/audits/{audit_id}/cancel")
    assert cancelled.status_code == 200
    worker.join()
    assert not any(psutil.pid_exists(child) for child in reading)
    assert bench.get(f"/{audit_id}")["status"] == "CANCELLED"
