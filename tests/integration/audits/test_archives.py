"""A ZIP of many files is opened by one part and read by many, and its report is that of reading it in one go."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from typing import Any, BinaryIO
from uuid import UUID

import pytest
from tests.factories.forms import FormFile
from tests.fakes.audit_bench import Bench
from tests.integration.audits.test_cancelling import AS_GOOD_AS_NONE, LONG, busy_children
from tests.integration.audits.test_lifecycle import kill_part

from malha.audits.rules import MOST_SECTION_FILES, NUMBERS_PER_FILE, PART_FILES
from malha.audits.service import KIND
from malha.fiscal.leaves import audit_file_or_archive
from malha.fiscal.options import AuditOptions
from malha.guarded import audits
from malha.simulators.nfe import NoteBuilder
from malha.storage import Storage

NOTES = [NoteBuilder(seed=number).with_items(number % 3 + 1).authorised() for number in range(4)]


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def notes(count: int, folder: str = "") -> list[tuple[str, bytes]]:
    return [(f"{folder}{number:03}.xml", NOTES[number % len(NOTES)]) for number in range(count)]


def documents(bench: Bench, audit: dict[str, Any]) -> list[dict[str, Any]]:
    """All of them, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = bench.get(f"/{audit['id']}/documents", limit=100, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def expected(data: bytes, name: str = "lote.zip") -> list[tuple[str, str | None, str]]:
    """Names, fingerprints and kinds as the library tells them, which opens a ZIP in one go."""
    files = audit_file_or_archive(data, name, AuditOptions())
    return [(file.name, file.sha256, document.facts.kind) for file in files for document in file.documents]


def shown(found: list[dict[str, Any]]) -> list[tuple[str, str | None, str]]:
    return [(document["name"], document["sha256"], document["kind"]) for document in found]


@pytest.mark.parametrize(("count", "parts"), [(PART_FILES, 1), (PART_FILES + 1, 3), (3 * PART_FILES + 1, 4)])
def test_only_a_zip_of_more_files_than_a_part_takes_is_cut(bench: Bench, count: int, parts: int) -> None:
    audit = bench.audit(FormFile("lote.zip", zipped(*notes(count))))
    assert (audit["document_count"], audit["progress"]["total"]) == (count, parts)


def test_a_mixed_zip_is_told_in_its_own_order_and_what_is_left_out_is_counted_once(bench: Bench) -> None:
    inner = zipped(*notes(30, "x/"), ("manual.pdf", b"%PDF-1.7"), ("ruim.zip", b"nope"))
    mixed = [*notes(15), ("a.txt", b"texto"), ("dentro.zip", inner), ("ruim.xml", b"<a"), *notes(70, "y/")]
    data = zipped(*mixed, ("b.txt", b"texto"), ("pasta/", b""), (".DS_Store", b""))
    audit = bench.audit(FormFile("antes.xml", NOTES[0]), FormFile("lote.zip", data), FormFile("depois.xml", NOTES[1]))
    found = documents(bench, audit)
    assert shown(found[1:-1]) == expected(data)
    assert [found[0]["name"], found[-1]["name"]] == ["antes.xml", "depois.xml"]
    assert audit["result_payload"]["summary"]["left_out"] == {"pdf": 1, "txt": 2}
    assert audit["document_count"] == len(found)


def test_a_zip_without_documents_is_told_once_however_many_parts_have_read_it(bench: Bench) -> None:
    data = zipped(*((f"{number}.pdf", b"%PDF-1.7") for number in range(50)))
    audit = bench.audit(FormFile("lote.zip", data))
    assert shown(documents(bench, audit)) == expected(data) == [("lote.zip", expected(data)[0][1], "unsupported")]


@pytest.mark.parametrize("data", [zipped(), b"PK\x03\x04 nope"])
def test_a_zip_that_holds_nothing_or_is_none_is_told(bench: Bench, data: bytes) -> None:
    assert shown(documents(bench, bench.audit(FormFile("lote.zip", data)))) == expected(data)


@pytest.mark.parametrize("before", [3, 25])
def test_a_bomb_is_refused_and_the_files_before_it_are_read(bench: Bench, before: int) -> None:
    data = zipped(*notes(before), ("bomba.xml", b" " * 24_000_000), *notes(5, "z/"))
    found = documents(bench, bench.audit(FormFile("lote.zip", data), FormFile("nota.xml", NOTES[0])))
    assert shown(found[:-1]) == expected(data)
    assert len(found) == before + 2
    [finding] = bench.get(f"/{bench.get('')['items'][0]['id']}/findings", document=found[before]["id"])["items"]
    assert "250" in finding["message_pt"]


def test_a_note_of_a_million_items_is_refused_among_its_companions(bench: Bench) -> None:
    note = NOTES[0].replace(b"</ide>", b"</ide>" + b"<det/>" * 1_000_000)
    files = [*notes(30), ("bomba.xml", note), *notes(30, "z/")]
    files[3] = ("enchimento.bin", bytes(range(256)) * 400)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    found = documents(bench, bench.audit(FormFile("lote.zip", packed.getvalue())))
    assert [one["name"] for one in found if one["kind"] == "unreadable"] == ["lote.zip/bomba.xml"]
    assert len(found) == 60


class Stolen(Storage):
    """Whoever opens a file in it has lost the part meanwhile, once."""

    def __init__(self, bench: Bench, real: Storage) -> None:
        self._bench = bench
        self._real = real
        self._is_stolen = False

    async def open(self, key: str) -> BinaryIO:
        if not self._is_stolen:
            self._is_stolen = True
            self._bench.engine.record.execute("UPDATE job_parts SET fence = fence + 1 WHERE state = 'running'")
        return await self._real.open(key)


def test_a_worker_that_lost_its_part_leaves_nothing_and_the_next_one_reads_it_once(bench: Bench) -> None:
    posted = bench.post([FormFile("lote.zip", zipped(*notes(50)))]).json()
    job_id = UUID(posted["id"])
    real = bench.engine.runtime.storage
    bench.engine.runtime.storage = Stolen(bench, real)
    bench.engine.deliver(KIND, (job_id, 0, 0))
    assert bench.engine.job(job_id)["total"] == 1
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued', lease_until = NULL")
    bench.engine.deliver(KIND, (job_id, 0, 0))
    assert bench.engine.job(job_id)["total"] == 3
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued', attempts = 3 WHERE no = 1")
    audit = bench.work(posted["id"])
    bench.engine.runtime.storage = real
    assert (audit["state"], audit["document_count"]) == ("succeeded", 50)
    assert len(documents(bench, audit)) == 50


def test_a_part_that_runs_again_replaces_what_it_wrote(bench: Bench) -> None:
    posted = bench.post([FormFile("lote.zip", zipped(*notes(50), ("a.txt", b"texto")))]).json()
    job_id = UUID(posted["id"])
    bench.engine.deliver(KIND, (job_id, 0, 0))
    bench.engine.deliver(KIND, (job_id, 2, 2))
    before = documents(bench, posted)
    bench.engine.record.execute("UPDATE job_parts SET state = 'queued' WHERE no = 2")
    bench.engine.record.execute("UPDATE jobs SET done = done - 1")
    bench.engine.deliver(KIND, (job_id, 2, 2))
    assert documents(bench, posted) == before
    audit = bench.work(posted["id"])
    assert (audit["document_count"], audit["result_payload"]["summary"]["left_out"]) == (50, {"txt": 1})


def test_files_of_a_dead_part_are_told_by_their_numbers_and_can_be_retried(bench: Bench) -> None:
    posted = bench.post([FormFile("lote.zip", zipped(*notes(50)))]).json()
    bench.engine.deliver(KIND, (UUID(posted["id"]), 0, 0))
    kill_part(bench, posted["id"], 2)
    audit = bench.work(posted["id"])
    assert (audit["state"], audit["document_count"]) == ("partial", PART_FILES + 1)
    lost = documents(bench, audit)[-1]
    assert (lost["kind"], lost["name"], lost["no"]) == ("unreadable", "lote.zip", PART_FILES * NUMBERS_PER_FILE)
    [finding] = bench.get(f"/{audit['id']}/findings", document=lost["id"])["items"]
    assert "21 a 50" in finding["message_pt"]
    bench.client.post(f"/api/v1/audits/{audit['id']}/retry-failed")
    audit = bench.work(posted["id"])
    assert (audit["state"], audit["document_count"]) == ("succeeded", 50)
    assert shown(documents(bench, audit)) == expected(zipped(*notes(50)))


def test_findings_are_listed_while_other_parts_still_wait(bench: Bench) -> None:
    posted = bench.post([FormFile("lote.zip", zipped(("0.xml", b"<a"), *notes(50)))]).json()
    bench.engine.deliver(KIND, (UUID(posted["id"]), 0, 0))
    bench.engine.deliver(KIND, (UUID(posted["id"]), 1, 1))
    assert bench.get(f"/{posted['id']}")["status"] == "RUNNING"
    assert [one["rule_id"] for one in bench.get(f"/{posted['id']}/findings", severity="critical")["items"]]


def test_a_zip_that_is_gone_when_a_part_wants_it_is_told(bench: Bench) -> None:
    posted = bench.post([FormFile("lote.zip", zipped(*notes(25, "gone/")))]).json()
    for path in bench.stored():
        if path.is_file():
            path.write_bytes(b"changed")
    audit = bench.work(posted["id"])
    assert [one["name"] for one in documents(bench, audit)] == ["lote.zip"]


def test_cancelling_frees_the_worker_and_the_other_parts_never_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "LIMITS", AS_GOOD_AS_NONE)
    posted = bench.post([FormFile("lote.zip", zipped(("longa.xml", LONG), *notes(MOST_SECTION_FILES)))]).json()
    job_id = UUID(posted["id"])
    bench.engine.deliver(KIND, (job_id, 0, 0))
    before = busy_children()
    worker = threading.Thread(target=bench.engine.deliver, args=(KIND, (job_id, 1, 1)), daemon=True)
    worker.start()
    while not busy_children() - before:
        time.sleep(0.1)
    assert bench.client.post(f"/api/v1/audits/{posted['id']}/cancel").json()["status"] == "CANCELLED"
    worker.join()
    assert bench.engine.deliver(KIND, (job_id, 2, 2)) == 0
    assert documents(bench, posted) == []
