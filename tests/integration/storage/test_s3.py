"""The S3 side of the storage, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from obstore.exceptions import BaseError
from tests.factories.forms import FormFile, form_body, form_request, in_chunks
from tests.fakes.s3 import FakeS3

from malha.settings import UploadSettings
from malha.storage import Storage, StorageSink, receive_upload
from malha.storage.errors import UploadContentMismatchError, UploadFileTooLargeError, UploadInterruptedError
from malha.storage.store import S3_PART_BYTES

pytestmark = pytest.mark.anyio

LARGE = b"<a>" + b"x" * (2 * S3_PART_BYTES) + b"</a>"


async def pieces(content: bytes, *, fails: bool = False) -> AsyncIterator[bytes]:
    for piece in in_chunks(content, 1024 * 1024):
        yield piece
    if fails:
        raise ConnectionResetError


async def test_small_files_are_objects_below_the_prefix(storage: Storage, s3: FakeS3) -> None:
    await storage.put("job/a.xml", b"<a/>")
    await storage.flush(["job/a.xml"])
    assert s3.objects == {"files/job/a.xml": b"<a/>"}
    assert await storage.get("job/a.xml") == b"<a/>"


async def test_large_files_travel_in_parts_and_come_back_in_blocks(storage: Storage, s3: FakeS3) -> None:
    await storage.put_stream("job/big", pieces(LARGE))
    assert s3.objects["files/job/big"] == LARGE
    assert len([one for one in s3.requests if one.startswith("PUT")]) == 3
    assert b"".join([block async for block in storage.get_stream("job/big")]) == LARGE


async def test_a_stream_that_fails_aborts_its_multipart_upload(storage: Storage, s3: FakeS3) -> None:
    with pytest.raises(ConnectionResetError):
        await storage.put_stream("job/big", pieces(LARGE, fails=True))
    assert s3.objects == {}
    assert s3.uploads == {}


async def test_deleting_a_prefix_leaves_its_neighbours(storage: Storage, s3: FakeS3) -> None:
    for key in ("one/a", "one/deep/b", "oneself/a"):
        await storage.put(key, b"x")
    await storage.delete_prefix("one")
    await storage.delete_prefix("never-there")
    assert list(s3.objects) == ["files/oneself/a"]
    assert await storage.list_prefixes() == ["oneself"]


async def test_an_absent_key_is_file_not_found(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        await storage.get("job/absent")


async def test_the_readiness_check_fails_with_the_store(storage: Storage, s3: FakeS3) -> None:
    await storage.check()
    s3.is_failing = True
    with pytest.raises(BaseError):
        await storage.check()


@pytest.mark.parametrize(
    ("files", "is_cut", "error"),
    [
        ([FormFile("a.xml", b"<a/>"), FormFile("b.xml", LARGE)], True, UploadInterruptedError),
        ([FormFile("a.xml", b"<a/>"), FormFile("b.xml", LARGE + LARGE)], False, UploadFileTooLargeError),
        ([FormFile("a.xml", b"<a/>"), FormFile("b.pdf", b"MZ" + LARGE)], False, UploadContentMismatchError),
    ],
)
async def test_a_refused_or_interrupted_upload_leaves_neither_objects_nor_parts(
    storage: Storage, s3: FakeS3, files: list[FormFile], is_cut: bool, error: type[Exception]
) -> None:
    body = form_body(files)
    request = form_request(in_chunks(body[:-10] if is_cut else body, 65536), is_cut=is_cut)
    limits = UploadSettings.model_validate({"max_file_bytes": 3 * S3_PART_BYTES})
    with pytest.raises(error):
        await receive_upload(request, limits=limits, sink=StorageSink(storage, "job"))
    assert s3.objects == {}
    assert s3.uploads == {}
