"""Uploads received while they are read: hashed, limited, checked and stored block by block."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request

from malha.settings import UploadSettings
from malha.storage.content import PROBE_BYTES, content_fits, extension_of
from malha.storage.errors import (
    UploadContentMismatchError,
    UploadEmptyError,
    UploadFileTooLargeError,
    UploadFileUnnamedError,
    UploadInterruptedError,
    UploadMalformedError,
    UploadTooLargeError,
    UploadTooManyFilesError,
    UploadTypeRefusedError,
)
from malha.storage.formdata import SYNTAX_BYTES, FormReader, PartHead
from malha.storage.sinks import BLOCK_BYTES, Sink

FILES_FIELD = "files"
MAX_FIELDS = 64
MAX_FIELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One stored file. `original_name` and `content_type` are the sender's words; `stored_path` is the storage key."""

    original_name: str
    stored_name: str
    content_type: str
    size: int
    sha256: str
    stored_path: str


@dataclass(slots=True)
class Upload:
    """All that one form brought. `fields` are its plain text fields."""

    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    total_bytes: int = 0

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, contents and fields: equal for a repeated request, whatever its boundaries."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(f"file\0{file.original_name}\0{file.sha256}\0".encode())
        for name in sorted(self.fields):
            for value in self.fields[name]:
                digest.update(f"field\0{name}\0{value}\0".encode())
        return digest.hexdigest()


async def receive_upload(
    request: Request, *, limits: UploadSettings, sink: Sink, field: str = FILES_FIELD, judges_type: bool = True
) -> Upload:
    """Read the request's form to its end into the sink; its files are the parts named `field`.

    The stored files may still be on their way when this returns: await `sink.finish()` before relying on them. Any
    failure, a client that went away included, discards what was taken and raises (UploadRefusedError for what the
    sender did wrong). Without `judges_type` any name and content is taken: the caller looks at it.
    """
    try:
        return await _Receiver(request, limits, sink, field, judges_type=judges_type).run()
    except ClientDisconnect as error:
        await asyncio.shield(sink.discard())
        raise UploadInterruptedError from error
    except BaseException:
        await asyncio.shield(sink.discard())
        raise


class _Receiver:
    def __init__(self, request: Request, limits: UploadSettings, sink: Sink, field: str, *, judges_type: bool) -> None:
        self._limits = limits
        self._sink = sink
        self._field = field
        self._judges_type = judges_type
        self._upload = Upload()
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limits.max_job_bytes + SYNTAX_BYTES:
            raise UploadTooLargeError(limit=limits.max_job_bytes)
        content_type = request.headers.get("content-type", "")
        self._reader = FormReader(content_type, request.stream(), max_bytes=limits.max_job_bytes)

    async def run(self) -> Upload:
        fields = 0
        while (head := await self._reader.next_part()) is not None:
            if head.name == self._field:
                await self._take_file(head)
                continue
            fields += 1
            if fields > MAX_FIELDS:
                raise UploadMalformedError
            await self._take_field(head)
        if not self._upload.files:
            raise UploadEmptyError(field=self._field)
        return self._upload

    async def _take_field(self, head: PartHead) -> None:
        value = bytearray()
        async for block in self._reader.blocks():
            value += block
            if len(value) > MAX_FIELD_BYTES:
                raise UploadMalformedError
        if head.filename is None:
            self._upload.fields.setdefault(head.name, []).append(value.decode(errors="replace").replace("\0", ""))

    async def _take_file(self, head: PartHead) -> None:
        if not head.filename:
            raise UploadFileUnnamedError(field=self._field)
        if len(self._upload.files) >= self._limits.max_files:
            raise UploadTooManyFilesError(limit=self._limits.max_files)
        extension = extension_of(head.filename)
        if self._judges_type and extension not in self._limits.allowed_extensions:
            raise UploadTypeRefusedError(name=head.filename, allowed=", ".join(self._limits.allowed_extensions))
        stored_name = f"{secrets.token_hex(16)}.{extension}"
        meter = _Meter(head.filename, self._limits, self._upload.total_bytes)
        blocks = _gather(meter.watch(self._reader.blocks()))
        first = await anext(blocks, b"")
        if self._judges_type and not content_fits(extension, first[:PROBE_BYTES]):
            raise UploadContentMismatchError(name=head.filename, extension=extension)
        if len(first) < BLOCK_BYTES:
            await self._sink.save(stored_name, first)
        else:
            await self._sink.save_stream(stored_name, _chain(first, blocks))
        self._upload.total_bytes += meter.size
        self._upload.files.append(
            ReceivedFile(
                original_name=head.filename,
                stored_name=stored_name,
                content_type=head.content_type,
                size=meter.size,
                sha256=meter.sha256.hexdigest(),
                stored_path=self._sink.key(stored_name),
            )
        )


class _Meter:
    """Counts and hashes one file while it passes."""

    def __init__(self, name: str, limits: UploadSettings, bytes_before: int) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._name = name
        self._limits = limits
        self._bytes_before = bytes_before

    async def watch(self, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for block in blocks:
            self.size += len(block)
            if self.size > self._limits.max_file_bytes:
                raise UploadFileTooLargeError(name=self._name, limit=self._limits.max_file_bytes)
            if self._bytes_before + self.size > self._limits.max_job_bytes:
                raise UploadTooLargeError(limit=self._limits.max_job_bytes)
            self.sha256.update(block)
            yield block


async def _gather(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join pieces of any size into blocks of at least BLOCK_BYTES; only the last is shorter."""
    held: list[bytes] = []
    size = 0
    async for block in blocks:
        held.append(block)
        size += len(block)
        if size >= BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for block in rest:
        yield block
