"""The pull reader over the multipart parser."""

from __future__ import annotations

import pytest
from tests.factories.forms import BOUNDARY, CONTENT_TYPE, FormFile, as_stream, form_body, in_chunks

from malha.storage.errors import (
    UploadMalformedError,
    UploadNotMultipartError,
    UploadTooLargeError,
)
from malha.storage.formdata import SYNTAX_BYTES, FormReader, PartHead

pytestmark = pytest.mark.anyio

TWO_FILES = [FormFile("a.xml", b"<a>\r\n--not the boundary\r\n</a>"), FormFile("b.zip", b"\r\n\r\n", "application/zip")]


async def read_all(chunks: list[bytes], *, max_bytes: int = 1_000_000) -> list[tuple[PartHead, bytes]]:
    reader = FormReader(CONTENT_TYPE, as_stream(chunks), max_bytes=max_bytes)
    parts: list[tuple[PartHead, bytes]] = []
    while (head := await reader.next_part()) is not None:
        parts.append((head, b"".join([block async for block in reader.blocks()])))
    return parts


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
async def test_parts_are_the_same_however_the_body_is_cut(size: int) -> None:
    body = form_body(TWO_FILES, [("own_cnpj", "12ABC34501DE35")])
    parts = await read_all(in_chunks(body, size))
    assert [(head.name, head.filename, content) for head, content in parts] == [
        ("files", "a.xml", TWO_FILES[0].content),
        ("files", "b.zip", b"\r\n\r\n"),
        ("own_cnpj", None, b"12ABC34501DE35"),
    ]
    assert [head.content_type for head, _ in parts] == ["text/xml", "application/zip", "application/octet-stream"]


async def test_an_unread_part_is_skipped() -> None:
    reader = FormReader(CONTENT_TYPE, as_stream(in_chunks(form_body(TWO_FILES), 5)), max_bytes=1000)
    first = await reader.next_part()
    second = await reader.next_part()
    assert (first and first.filename, second and second.filename) == ("a.xml", "b.zip")
    assert await reader.next_part() is None


async def test_a_form_without_parts_is_empty_not_malformed() -> None:
    assert await read_all([f"--{BOUNDARY}--\r\n".encode()]) == []


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("nota fiscal ção.xml".encode(), "nota fiscal ção.xml"),
        ("ção.xml".encode("latin-1"), "ção.xml"),
        (b"..\\..\\evil.xml", "..\\..\\evil.xml"),
        (b"a\x00b.xml", "a_b.xml"),
        (b"x" * 300 + b".xml", "x" * 251 + ".xml"),
    ],
)
async def test_names_are_readable_and_not_endless(raw: bytes, read: str) -> None:
    body = form_body([FormFile("NAME", b"")]).replace(b"NAME", raw)
    [(head, _)] = await read_all([body])
    assert head.filename == read


@pytest.mark.parametrize("cut", [1, 40, 100, -1, -4, -8])
async def test_a_form_that_stops_early_is_malformed(cut: int) -> None:
    body = form_body([FormFile("a.xml", b"<a/>" * 20)]).rstrip(b"\r\n")
    with pytest.raises(UploadMalformedError):
        await read_all(in_chunks(body[:cut], 16))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        f"--{BOUNDARY}x\r\n".encode(),
        f"--{BOUNDARY}\r\nno colon here\r\n\r\n\r\n--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\nContent-Type: text/xml\r\n\r\nx\r\n--{BOUNDARY}--".encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: attachment; name="files"\r\n\r\nx\r\n--{BOUNDARY}--'.encode(),
        f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\nX-Long: {'a' * 10_000}\r\n\r\nx\r\n--{BOUNDARY}--".encode(),
        f"--{BOUNDARY}\r\n".encode() + b"X-Many: 1\r\n" * 50 + f"\r\nx\r\n--{BOUNDARY}--".encode(),
    ],
)
async def test_broken_syntax_is_malformed(body: bytes) -> None:
    with pytest.raises(UploadMalformedError):
        await read_all([body] if body else [])


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"])
def test_another_content_type_is_not_a_form(content_type: str) -> None:
    with pytest.raises(UploadNotMultipartError):
        FormReader(content_type, as_stream([]), max_bytes=1)


def test_an_endless_boundary_is_malformed() -> None:
    with pytest.raises(UploadMalformedError):
        FormReader(f"multipart/form-data; boundary={'b' * 1000}", as_stream([]), max_bytes=1)


async def test_a_body_past_its_limit_is_refused_wherever_its_bytes_are() -> None:
    body = form_body([FormFile("a.xml", b"x" * (SYNTAX_BYTES + 2000), field="other")])
    with pytest.raises(UploadTooLargeError):
        await read_all(in_chunks(body, 65536), max_bytes=1000)
