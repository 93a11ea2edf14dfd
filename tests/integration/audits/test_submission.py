"""`POST /audits`: one key, one audit; and nothing left of what was refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from tests.factories.forms import FormFile
from tests.factories.identity import make_principal
from tests.factories.nfe import NoteBuilder
from tests.fakes.audit_bench import Bench

from malha.identity.rules.access import Role

NOTE = FormFile("nota.xml", NoteBuilder(1).authorised())


def test_a_new_audit_is_accepted_and_described_as_the_contract_says(bench: Bench) -> None:
    response = bench.post([NOTE], key="chave-1")
    body = response.json()
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/audits/{body['id']}"
    assert (body["status"], body["state"], body["idempotency_key"]) == ("PENDING", "queued", "chave-1")
    assert body["storage_path"] == body["id"]
    assert body["input_summary"].startswith("1 arquivo • ")
    [stored] = body["input_payload"]
    assert set(stored) == {"original_name", "stored_name", "content_type", "size", "sha256", "stored_path"}
    assert stored["original_name"] == "nota.xml"
    assert stored["stored_path"] == f"{body['id']}/{stored['stored_name']}"
    assert (bench.uploads / stored["stored_path"]).read_bytes() == NOTE.content
    assert body["result_payload"] is None
    assert body["error_payload"] is None
    assert bench.dispatcher.sent == [("audits.process", UUID(body["id"]), 1)]
    assert bench.get(f"/{body['id']}") == body


def test_the_same_key_and_files_answer_with_the_same_audit_and_store_nothing(bench: Bench) -> None:
    first = bench.post([NOTE], key="k")
    files = bench.stored()
    again = bench.post([NOTE], key="k")
    quoted = bench.post([NOTE], key='"k"')
    assert [first.status_code, again.status_code, quoted.status_code] == [202, 200, 200]
    assert again.json() == quoted.json() == first.json()
    assert bench.stored() == files
    assert len(bench.dispatcher.sent) == 1


def test_the_same_key_with_another_body_is_refused(bench: Bench) -> None:
    bench.post([NOTE], key="k")
    for files in ([NOTE, NOTE], [FormFile("outro.xml", NOTE.content)], [FormFile("nota.xml", b"<a/>")]):
        response = bench.post(files, key="k")
        assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert bench.get("")["total"] == 1


def test_keys_of_different_callers_never_meet(bench: Bench) -> None:
    first = bench.post([NOTE], key="k")
    bench.become(make_principal())
    second = bench.post([NOTE], key="k")
    assert [first.status_code, second.status_code] == [202, 202]
    assert first.json()["id"] != second.json()["id"]


def test_a_missing_key_is_refused(bench: Bench) -> None:
    response = bench.post([NOTE], key="")
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing")
    assert response.headers["content-type"] == "application/problem+json"


def test_a_refused_upload_frees_its_key_and_leaves_no_file(bench: Bench) -> None:
    refused = bench.post([NOTE, FormFile("virus.exe", b"MZ")], key="k")
    assert (refused.status_code, refused.json()["code"]) == (415, "upload-type-refused")
    assert "virus.exe" in refused.json()["detail"]
    assert bench.stored() == []
    assert bench.post([NOTE], key="k").status_code == 202


def test_a_field_that_no_audit_can_use_is_refused_and_leaves_nothing(bench: Bench) -> None:
    for fields in ({"own_cnpj": "123"}, {"tolerance": "muito"}, {"tolerance": "-1"}, {"skip_rule": "não é regra"}):
        response = bench.post([NOTE], **fields)
        assert (response.status_code, response.json()["code"]) == (422, "audit-option-invalid")
    assert bench.stored() == []


def test_fifty_concurrent_identical_posts_make_one_audit(bench: Bench) -> None:
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: bench.post([NOTE], key="k"), range(50)))
    statuses = {response.status_code for response in responses}
    assert statuses <= {202, 200, 409}
    assert [response.status_code for response in responses].count(202) == 1
    assert len({response.json()["id"] for response in responses if response.status_code != 409}) == 1
    assert bench.get("")["total"] == 1
    assert len([path for path in bench.stored() if path.is_file()]) == 1


def test_a_viewer_may_look_and_not_submit(bench: Bench) -> None:
    bench.become(make_principal(role=Role.VIEWER))
    assert bench.post([NOTE]).status_code == 403
    assert bench.get("")["total"] == 0


def test_many_files_become_several_parts(bench: Bench) -> None:
    files = [FormFile(f"{number}.xml", b"<a/>") for number in range(25)]
    body = bench.post(files).json()
    assert body["progress"] == {"total": 2, "done": 0, "failed": 0, "stage": None, "message": None}
