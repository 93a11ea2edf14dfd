"""Receiving an upload: what is stored, what is refused, and that a refusal leaves nothing."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from tests.factories.forms import FormFile, form_body, form_request, in_chunks

from malha.settings import UploadSettings
from malha.storage import NullSink, Storage, StorageSink, Upload, receive_upload
from malha.storage.errors import (
    UploadContentMismatchError,
    UploadEmptyError,
    UploadFileTooLargeError,
    UploadFileUnnamedError,
    UploadInterruptedError,
    UploadMalformedError,
    UploadRefusedError,
    UploadTooLargeError,
    UploadTooManyFilesError,
    UploadTypeRefusedError,
)
from malha.storage.uploads import BLOCK_BYTES, MAX_FIELD_BYTES, MAX_FIELDS

pytestmark = pytest.mark.anyio

CHUNK = 65536


def limits(**changes: Any) -> UploadSettings:
    return UploadSettings(**changes)


async def receive(request: Request, storage: Storage, **changes: Any) -> Upload:
    sink = StorageSink(storage, "job")
    upload = await receive_upload(request, limits=limits(**changes), sink=sink)
    await sink.finish()
    return upload


def stored(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "uploads").rglob("*"))


async def test_every_file_is_stored_under_a_name_of_ours_with_its_facts(storage: Storage) -> None:
    large = b"<a>" + b"x" * (2 * BLOCK_BYTES) + b"</a>"
    files = [FormFile("nota 1.XML", b"<a/>"), FormFile("../lote.xml", large), FormFile("vazia.xml", b"")]
    upload = await receive(form_request(in_chunks(form_body(files), CHUNK)), storage)
    assert [file.original_name for file in upload.files] == ["nota 1.XML", "../lote.xml", "vazia.xml"]
    for file, sent in zip(upload.files, files, strict=True):
        assert re.fullmatch(r"[0-9a-f]{32}\.xml", file.stored_name)
        assert file.stored_path == f"job/{file.stored_name}"
        assert (file.size, file.sha256) == (len(sent.content), hashlib.sha256(sent.content).hexdigest())
        assert file.content_type == "text/xml"
        assert await storage.get(file.stored_path) == sent.content
    assert upload.total_bytes == len(large) + 4


async def test_plain_fields_are_kept_and_other_file_parts_ignored(storage: Storage) -> None:
    files = [FormFile("a.xml", b"<a/>"), FormFile("photo.exe", b"MZ", field="attachment")]
    body = form_body(files, [("own_cnpj", "1"), ("own_cnpj", "2")])
    upload = await receive(form_request([body]), storage)
    assert upload.fields == {"own_cnpj": ["1", "2"]}
    assert len(upload.files) == 1


REFUSALS = [
    pytest.param([], {}, UploadEmptyError, id="no files"),
    pytest.param([FormFile(None, b"<a/>")], {}, UploadFileUnnamedError, id="no name"),
    pytest.param([FormFile("", b"<a/>")], {}, UploadFileUnnamedError, id="empty name"),
    pytest.param([FormFile("a.xml", b"<a/>"), FormFile("b.exe", b"MZ")], {}, UploadTypeRefusedError, id="extension"),
    pytest.param([FormFile("a.xml", b"<a/>"), FormFile("b.xml", b"MZ")], {}, UploadContentMismatchError, id="magic"),
    pytest.param([FormFile("a.xml", b"<a/>")] * 3, {"max_files": 2}, UploadTooManyFilesError, id="count"),
    pytest.param([FormFile("a.xml", b"x" * 101)], {"max_file_bytes": 100}, UploadFileTooLargeError, id="file bytes"),
    pytest.param([FormFile("a.xml", b"x" * 60)] * 2, {"max_job_bytes": 100}, UploadTooLargeError, id="job bytes"),
    pytest.param(
        [FormFile("a.xml", b"x" * 10), FormFile("b.xml", b"x" * (3 * BLOCK_BYTES))],
        {"max_file_bytes": 2 * BLOCK_BYTES},
        UploadFileTooLargeError,
        id="streaming file bytes",
    ),
]


@pytest.mark.parametrize(("files", "changes", "error"), REFUSALS)
async def test_a_broken_limit_is_refused_and_leaves_nothing(
    storage: Storage, tmp_path: Path, files: list[FormFile], changes: dict[str, Any], error: type[UploadRefusedError]
) -> None:
    with pytest.raises(error) as refusal:
        await receive(form_request(in_chunks(form_body(files), CHUNK)), storage, **changes)
    assert stored(tmp_path) == []
    named = refusal.value.fields.get("name")
    if named is not None:
        assert repr(named) in refusal.value.message("pt")


@pytest.mark.parametrize("size", [100, 2 * BLOCK_BYTES])
async def test_files_exactly_at_the_limits_pass(storage: Storage, size: int) -> None:
    body = form_body([FormFile("a.xml", b"x" * size)])
    upload = await receive(form_request(in_chunks(body, CHUNK)), storage, max_file_bytes=size, max_job_bytes=size)
    assert upload.total_bytes == size


async def test_a_declared_length_past_the_limit_is_refused_unread(storage: Storage) -> None:
    request = form_request([], length=10_000_000)
    with pytest.raises(UploadTooLargeError):
        await receive(request, storage, max_job_bytes=1_000_000)


@pytest.mark.parametrize("size", [10, BLOCK_BYTES * 2])
async def test_a_client_that_goes_away_leaves_nothing(storage: Storage, tmp_path: Path, size: int) -> None:
    body = form_body([FormFile("a.xml", b"<a/>"), FormFile("b.xml", b"x" * size)])
    with pytest.raises(UploadInterruptedError):
        await receive(form_request(in_chunks(body[:-20], CHUNK), is_cut=True), storage)
    assert stored(tmp_path) == []


async def test_a_cancelled_request_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    body = form_body([FormFile("a.xml", b"<a/>"), FormFile("b.xml", b"x" * BLOCK_BYTES * 3)])
    arrived, never = asyncio.Event(), asyncio.Event()
    pending = iter(in_chunks(body, CHUNK)[:-4])

    async def stalls() -> dict[str, object]:
        chunk = next(pending, None)
        if chunk is None:
            arrived.set()
            await never.wait()
        return {"type": "http.request", "body": chunk, "more_body": True}

    request = Request({**form_request([]).scope}, stalls)
    running = asyncio.ensure_future(receive(request, storage))
    await arrived.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stored(tmp_path) == []


async def test_a_store_that_fails_is_an_error_not_a_loss(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "uploads" / "job").write_text("a file where the folder should be")
    with pytest.raises(Exception, match=r"job") as failure:
        await receive(form_request([form_body([FormFile("a.xml", b"<a/>")])]), storage)
    assert not isinstance(failure.value, UploadRefusedError)


async def test_too_many_or_too_long_fields_are_malformed(storage: Storage) -> None:
    files = [FormFile("a.xml", b"<a/>")]
    for fields in ([("f", "x")] * (MAX_FIELDS + 1), [("f", "x" * (MAX_FIELD_BYTES + 1))]):
        with pytest.raises(UploadMalformedError):
            await receive(form_request([form_body(files, fields)]), storage)


async def test_the_fingerprint_names_the_request_not_its_bytes_on_the_wire(storage: Storage) -> None:
    files = [FormFile("a.xml", b"<a/>"), FormFile("b.xml", b"<b/>")]
    first = await receive(form_request([form_body(files)]), storage)
    again = await receive_upload(form_request(in_chunks(form_body(files), 3)), limits=limits(), sink=NullSink())
    assert again.fingerprint == first.fingerprint
    others = [
        form_body(files[::-1]),
        form_body([FormFile("a.xml", b"<a/>"), FormFile("c.xml", b"<b/>")]),
        form_body([FormFile("a.xml", b"<a/>"), FormFile("b.xml", b"<c/>")]),
        form_body(files, [("own_cnpj", "1")]),
    ]
    for body in others:
        other = await receive_upload(form_request([body]), limits=limits(), sink=NullSink())
        assert other.fingerprint != first.fingerprint


async def test_the_null_sink_enforces_the_same_limits() -> None:
    body = form_body([FormFile("a.xml", b"x" * 3 * BLOCK_BYTES)])
    with pytest.raises(UploadFileTooLargeError):
        await receive_upload(
            form_request(in_chunks(body, CHUNK)), limits=limits(max_file_bytes=2 * BLOCK_BYTES), sink=NullSink()
        )
