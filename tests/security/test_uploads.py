"""Hostile uploads: names, forms, archives and XML that want more than to be audited."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.factories.forms import BOUNDARY, CONTENT_TYPE, FormFile, form_body
from tests.factories.nfe import NoteBuilder
from tests.fakes.audit_bench import Bench, open_bench

from malha.kit.ids import new_id

MEBIBYTE = 1024 * 1024


@pytest.fixture
def bench(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Bench]:
    limits = {"max_files": 5, "max_file_bytes": 2 * MEBIBYTE, "max_job_bytes": 3 * MEBIBYTE}
    with open_bench(database_url, redis_url, tmp_path, **limits) as opened:
        yield opened


def send(bench: Bench, body: bytes | Iterator[bytes], content_type: str = CONTENT_TYPE) -> tuple[int, str]:
    """Status and problem code of a raw request."""
    headers = {"Content-Type": content_type, "Idempotency-Key": str(new_id())}
    response = bench.client.post("/api/v1/audits", content=body, headers=headers)
    return response.status_code, response.json().get("code", "")


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/evil.xml",
        "..\\..\\evil.xml",
        "/etc/passwd.xml",
        "C:\\Windows\\evil.xml",
        "a/../../b.xml",
        "nul\x01.xml",
        "con.xml",
        "-rf.xml",
        "x" * 4000 + ".xml",
        "<script>alert(1)</script>.xml",
        "'; DROP TABLE jobs; --.xml",
        "\u202elmx.exe.xml",
    ],
)
def test_a_name_never_becomes_a_path(bench: Bench, tmp_path: Path, name: str) -> None:
    posted = bench.post([FormFile(name, NoteBuilder(1).authorised())])
    assert posted.status_code == 202, posted.text
    body = posted.json()
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.relative_to(bench.uploads).as_posix() == body["input_payload"][0]["stored_path"]
    assert file.name == body["input_payload"][0]["stored_name"]
    audit = bench.work(body["id"])
    assert audit["status"] == "COMPLETED"
    page = bench.client.get(f"/api/v1/audits/{audit['id']}/report", params={"format": "html"}).text
    assert "<script" not in page


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (FormFile("a.exe", b"MZ"), 415, "upload-type-refused"),
        (FormFile("a.xml.exe", b"MZ"), 415, "upload-type-refused"),
        (FormFile("a", b"<a/>"), 415, "upload-type-refused"),
        (FormFile("a.xml", b"MZ\x90\x00"), 415, "upload-content-mismatch"),
        (FormFile("a.xml", b"\x7fELF"), 415, "upload-content-mismatch"),
        (FormFile("a.pdf", b"<script>"), 415, "upload-content-mismatch"),
        (FormFile("a.png", b"PK\x03\x04"), 415, "upload-content-mismatch"),
        (FormFile("a.xml", b"x" * (2 * MEBIBYTE + 1)), 413, "upload-file-too-large"),
    ],
)
def test_a_forbidden_file_is_refused_and_leaves_nothing(bench: Bench, file: FormFile, status: int, code: str) -> None:
    response = bench.post([FormFile("ok.xml", b"<a/>"), file])
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert file.filename is not None
    assert file.filename in response.json()["detail"]
    assert bench.stored() == []
    assert bench.get("")["total"] == 0


def test_too_many_files_and_too_many_bytes_are_413(bench: Bench) -> None:
    many = bench.post([FormFile(f"{number}.xml", b"<a/>") for number in range(6)])
    assert (many.status_code, many.json()["code"]) == (413, "upload-too-many-files")
    heavy = bench.post([FormFile(f"{number}.xml", b"x" * (2 * MEBIBYTE)) for number in range(2)])
    assert (heavy.status_code, heavy.json()["code"]) == (413, "upload-too-large")
    assert bench.stored() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", CONTENT_TYPE, 422),
        (b"{}", "application/json", 415),
        (b"<a/>", "text/xml", 415),
        (b"x", "multipart/form-data", 415),
        (b"x", f"multipart/form-data; boundary={'b' * 5000}", 422),
        (form_body([]), CONTENT_TYPE, 422),
        (form_body([FormFile("a.xml", b"<a/>")])[:-12], CONTENT_TYPE, 422),
        (form_body([FormFile("a.xml", b"<a/>", field="other")]), CONTENT_TYPE, 422),
        (f"--{BOUNDARY}\r\n{'X: y' * 100_000}".encode(), CONTENT_TYPE, 422),
        (f"--{BOUNDARY}\r\n".encode() + b"A: b\r\n" * 100_000, CONTENT_TYPE, 422),
        (form_body([], [("f", "x")] * 10_000), CONTENT_TYPE, 422),
        (form_body([], [("f", "x" * MEBIBYTE)]), CONTENT_TYPE, 422),
    ],
)
def test_a_broken_form_is_a_problem_not_a_crash(bench: Bench, body: bytes, content_type: str, status: int) -> None:
    answered, code = send(bench, body, content_type)
    assert answered == status
    assert code.startswith("upload-")
    assert bench.stored() == []


def test_a_long_body_without_a_length_is_cut_off(bench: Bench) -> None:
    def long() -> Iterator[bytes]:
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.xml"\r\n\r\n'.encode()
        for _ in range(20 * MEBIBYTE // 65536):
            yield b"x" * 65536

    status, code = send(bench, long())
    assert status == 413
    assert code in {"upload-file-too-large", "upload-too-large", "body-too-large"}
    assert bench.stored() == []


def test_a_declared_length_beyond_the_limit_is_refused(bench: Bench) -> None:
    response = bench.client.post(
        "/api/v1/audits",
        content=b"x",
        headers={"Content-Type": CONTENT_TYPE, "Content-Length": str(10**12), "Idempotency-Key": str(new_id())},
    )
    assert (response.status_code, response.json()["code"]) == (413, "upload-too-large")


BOMBS = {
    "ratio": zipped({"a.xml": b" " * 300_000_000}),
    "nested": zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"d.xml": b"<a/>"})})})}),
    "many": zipped({f"{number}.xml": b"" for number in range(10_500)}),
}


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_an_archive_bomb_is_a_finding_and_costs_little_memory(bench: Bench, bomb: str) -> None:
    before = psutil.Process().memory_info().rss
    audit = bench.audit(FormFile("bomba.zip", BOMBS[bomb], "application/zip"))
    grown = psutil.Process().memory_info().rss - before
    assert audit["status"] == "COMPLETED"
    failed = bench.get(f"/{audit['id']}/documents", status="ERRO", limit=1)["items"]
    assert failed[0]["kind"] == "unreadable"
    assert grown < 100 * MEBIBYTE


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY l0 "lol">' + LAUGHS + b"]><a>&l9;</a>",
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>',
        b"<a>" * 100_000,
        b"<a " + b" ".join(b'b%d="x"' % number for number in range(50_000)) + b"/>",
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>',
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
    ],
)
def test_hostile_xml_is_a_finding_that_reveals_nothing(bench: Bench, content: bytes) -> None:
    audit = bench.audit(FormFile("a.xml", content), FormFile("boa.xml", NoteBuilder(1).authorised()))
    hostile, good = bench.get(f"/{audit['id']}/documents")["items"]
    assert hostile["kind"] in {"unreadable", "unsupported"}
    assert good["status"] == "OK"
    report = bench.client.get(f"/api/v1/audits/{audit['id']}/report").text
    assert "root:" not in report
    assert "lollol" not in report
