"""Uploads received while they are read: hashed, limited, checked and stored block by block."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

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
from malha.storage.store import Storage

FILES_FIELD = "files"
BLOCK_BYTES = 1024 * 1024
"""Files up to this size are stored in one go; larger ones stream in blocks of it."""

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


class Sink(Protocol):
    """Where the contents go."""

    def key(self, stored_name: str) -> str:
        """The storage key that the file gets."""
        ...

    async def save(self, stored_name: str, data: bytes) -> None:
        """Take a small file."""
        ...

    async def save_stream(self, stored_name: str, blocks: AsyncIterator[bytes]) -> None:
        """Take a large file; must read the blocks to their end."""
        ...

    async def finish(self) -> None:
        """Return once everything taken can be read by others."""
        ...

    async def discard(self) -> None:
        """Remove everything taken."""
        ...


class NullSink:
    """Reads without keeping: for the replay of a request whose files are stored already."""

    def key(self, stored_name: str) -> str:
        return stored_name

    async def save(self, stored_name: str, data: bytes) -> None:
        pass

    async def save_stream(self, stored_name: str, blocks: AsyncIterator[bytes]) -> None:
        async for _ in blocks:
            pass

    async def finish(self) -> None:
        pass

    async def discard(self) -> None:
        pass


class StorageSink:
    """Stores below one prefix of the storage. Small files are written while the next ones are being read."""

    def __init__(self, storage: Storage, prefix: str) -> None:
        self._storage = storage
        self._prefix = prefix
        self._keys: list[str] = []
        self._pending: set[asyncio.Future[Any]] = set()
        self._pending_bytes = 0

    def key(self, stored_name: str) -> str:
        return f"{self._prefix}/{stored_name}"

    async def save(self, stored_name: str, data: bytes) -> None:
        if self._pending_bytes + len(data) > 4 * BLOCK_BYTES:
            await self.finish()
        self._keys.append(self.key(stored_name))
        self._pending.add(self._storage.start_put(self._keys[-1], data))
        self._pending_bytes += len(data)

    async def save_stream(self, stored_name: str, blocks: AsyncIterator[bytes]) -> None:
        self._keys.append(self.key(stored_name))
        await self._storage.put_stream(self._keys[-1], blocks)

    async def finish(self) -> None:
        pending, self._pending, self._pending_bytes = self._pending, set(), 0
        if pending:
            await asyncio.gather(*pending)

    async def flush(self) -> None:
        """Return once everything taken would survive a power cut."""
        await self._storage.flush(self._keys)

    async def discard(self) -> None:
        await asyncio.gather(*self._pending, return_exceptions=True)
        await self._storage.delete_prefix(self._prefix)


async def receive_upload(request: Request, *, limits: UploadSettings, sink: Sink) -> Upload:
    """Read the request's form to its end into the sink.

    The stored files may still be on their way when this returns: await `sink.finish()` before relying on them. Any
    failure, a client that went away included, discards what was taken and raises (UploadRefusedError for what the
    sender did wrong).
    """
    try:
        return await _Receiver(request, limits, sink).run()
    except ClientDisconnect as error:
        await asyncio.shield(sink.discard())
        raise UploadInterruptedError from error
    except BaseException:
        await asyncio.shield(sink.discard())
        raise


class _Receiver:
    def __init__(self, request: Request, limits: UploadSettings, sink: Sink) -> None:
        self._limits = limits
        self._sink = sink
        self._upload = Upload()
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limits.max_job_bytes + SYNTAX_BYTES:
            raise UploadTooLargeError(limit=limits.max_job_bytes)
        content_type = request.headers.get("content-type", "")
        self._reader = FormReader(content_type, request.stream(), max_bytes=limits.max_job_bytes)

    async def run(self) -> Upload:
        fields = 0
        while (head := await self._reader.next_part()) is not None:
            if head.name == FILES_FIELD:
                await self._take_file(head)
                continue
            fields += 1
            if fields > MAX_FIELDS:
                raise UploadMalformedError
            await self._take_field(head)
        if not self._upload.files:
            raise UploadEmptyError
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
            raise UploadFileUnnamedError
        if len(self._upload.files) >= self._limits.max_files:
            raise UploadTooManyFilesError(limit=self._limits.max_files)
        extension = extension_of(head.filename)
        if extension not in self._limits.allowed_extensions:
            raise UploadTypeRefusedError(name=head.filename, allowed=", ".join(self._limits.allowed_extensions))
        stored_name = f"{secrets.token_hex(16)}.{extension}"
        meter = _Meter(head.filename, self._limits, self._upload.total_bytes)
        blocks = _gather(meter.watch(self._reader.blocks()))
        first = await anext(blocks, b"")
        if not content_fits(extension, first[:PROBE_BYTES]):
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
