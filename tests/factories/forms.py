"""Multipart forms as bytes, and the requests that carry them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request

BOUNDARY = "----malha-test-boundary"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class FormFile:
    """A file part; `filename=None` leaves the name out."""

    filename: str | None
    content: bytes
    content_type: str = "text/xml"
    field: str = "files"


def form_body(files: Sequence[FormFile] = (), fields: Sequence[tuple[str, str]] = ()) -> bytes:
    """The form's bytes, fields after files."""
    parts: list[bytes] = []
    for file in files:
        name = "" if file.filename is None else f'; filename="{file.filename}"'
        head = f'Content-Disposition: form-data; name="{file.field}"{name}\r\nContent-Type: {file.content_type}\r\n\r\n'
        parts.append(f"--{BOUNDARY}\r\n{head}".encode() + file.content + b"\r\n")
    for name, value in fields:
        parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def in_chunks(body: bytes, size: int) -> list[bytes]:
    """The body as the pieces in which it arrives."""
    return [body[start : start + size] for start in range(0, len(body), size)]


def form_request(
    chunks: Sequence[bytes], *, content_type: str = CONTENT_TYPE, length: int | None = None, is_cut: bool = False
) -> Request:
    """A request whose body arrives in these chunks; with `is_cut` the client goes away after them."""
    pending = iter(chunks)

    async def receive() -> dict[str, object]:
        chunk = next(pending, None)
        if chunk is not None:
            return {"type": "http.request", "body": chunk, "more_body": True}
        if is_cut:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def as_stream(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    """The chunks as an asynchronous iterator."""
    for chunk in chunks:
        yield chunk
