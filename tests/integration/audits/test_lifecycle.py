"""Listing, cancelling, retrying and deleting audits, and parts that die."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.factories.forms import FormFile
from tests.factories.nfe import NoteBuilder
from tests.fakes.audit_bench import Bench

from malha.audits.service import KIND

NOTE = FormFile("nota.xml", NoteBuilder(1).authorised())


def many(count: int) -> list[FormFile]:
    return [FormFile(f"{number}.xml", NOTE.content) for number in range(count)]


def kill_part(bench: Bench, job_id: str, no: int) -> None:
    """As if the part had used up its attempts."""
    bench.engine.record.execute(
        "UPDATE job_parts SET state = 'dead', error = '{\"message\": \"worker lost\"}', finished_at = now() "
        "WHERE job_id = %s AND no = %s",
        [UUID(job_id), no],
    )
    bench.engine.record.execute(
        'UPDATE jobs SET failed = failed + 1, error = \'{"message": "worker lost"}\' WHERE id = %s', [UUID(job_id)]
    )


def test_audits_are_listed_newest_first_by_offset_and_by_cursor(bench: Bench) -> None:
    ids = [bench.post([NOTE]).json()["id"] for _ in range(5)][::-1]
    page = bench.get("", limit=2, offset=1)
    assert ([one["id"] for one in page["items"]], page["total"], page["limit"], page["offset"]) == (ids[1:3], 5, 2, 1)
    walked: list[str] = []
    cursor = None
    while True:
        page = bench.get("", limit=2, **({"cursor": cursor} if cursor else {}))
        walked += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == ids
    bench.work(ids[0])
    assert [one["id"] for one in bench.get("", status="COMPLETED")["items"]] == ids[:1]
    assert bench.get("", status=["PENDING", "COMPLETED"])["total"] == 5


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"status": "DONE"}, {"cursor": "x"}])
def test_impossible_pages_are_refused(bench: Bench, query: dict[str, Any]) -> None:
    assert bench.client.get("/api/v1/audits", params=query).status_code == 422


@pytest.mark.parametrize("cursor", ["W10", "WyJ4IiwgInkiXQ", "WzEsIDJd", "WyIyMDI2LTAxLTAxIiwgbnVsbF0"])
def test_a_forged_cursor_is_refused(bench: Bench, cursor: str) -> None:
    response = bench.client.get("/api/v1/audits", params={"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (422, "cursor-invalid")


def test_an_unknown_audit_is_404_and_no_uuid_is_422(bench: Bench) -> None:
    assert bench.client.get("/api/v1/audits/00000000-0000-7000-8000-000000000000").status_code == 404
    assert bench.client.get("/api/v1/audits/nope").status_code == 422


def test_a_cancelled_audit_can_be_retried(bench: Bench) -> None:
    posted = bench.post([NOTE]).json()
    path = f"/api/v1/audits/{posted['id']}"
    cancelled = bench.client.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    assert bench.client.post(f"{path}/cancel").status_code == 409
    assert bench.engine.deliver(KIND, (UUID(posted["id"]), 0, 0)) == 0
    assert bench.client.post(f"{path}/retry").json()["status"] == "PENDING"
    assert bench.work(posted["id"])["status"] == "COMPLETED"


def test_files_of_a_dead_part_are_reported_and_can_be_retried(bench: Bench) -> None:
    posted = bench.post(many(25)).json()
    kill_part(bench, posted["id"], 1)
    audit = bench.work(posted["id"])
    assert (audit["status"], audit["state"], audit["document_count"]) == ("COMPLETED", "partial", 25)
    assert audit["error_payload"]["failed_parts"] == 1
    failed = bench.get(f"/{posted['id']}/documents", kind="unreadable")["items"]
    assert [one["name"] for one in failed] == [f"{number}.xml" for number in range(20, 25)]
    findings = bench.get(f"/{posted['id']}/findings", rule="IMPORT-FAIL", limit=100)["items"]
    assert ["(worker lost)" in one["message_en"] for one in findings] == [True] * 5
    retried = bench.client.post(f"/api/v1/audits/{posted['id']}/retry-failed")
    assert retried.json()["state"] == "queued"
    audit = bench.work(posted["id"])
    assert (audit["state"], audit["document_count"]) == ("succeeded", 25)
    assert audit["error_payload"] is None
    assert bench.get(f"/{posted['id']}/documents", kind="unreadable")["items"] == []


def test_an_active_audit_is_not_deleted(bench: Bench) -> None:
    posted = bench.post([NOTE]).json()
    response = bench.client.delete(f"/api/v1/audits/{posted['id']}")
    assert (response.status_code, response.json()["code"]) == (409, "audit-active")


def test_deleting_removes_rows_files_and_the_job(bench: Bench) -> None:
    audit = bench.audit(NOTE, FormFile("ruim.xml", b"nope"))
    assert bench.client.delete(f"/api/v1/audits/{audit['id']}").status_code == 204
    assert bench.client.get(f"/api/v1/audits/{audit['id']}").status_code == 404
    assert bench.stored() == []
    for table in ("jobs", "job_parts", "job_events", "audits", "audit_documents", "audit_findings"):
        counted = bench.engine.record.execute(f"SELECT count(*) AS rows FROM {table}").fetchone()  # noqa: S608
        assert counted == {"rows": 0}
