"""Where the contents of an upload go."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import Any, BinaryIO, Protocol, Self

from malha.storage.store import Storage

BLOCK_BYTES = 1024 * 1024
"""Files up to this size are stored in one go; larger ones stream in blocks of it."""


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

    async def flush(self) -> None:
        """Return once everything taken would survive a power cut."""
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

    async def flush(self) -> None:
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
        await self._storage.flush(self._keys)

    async def discard(self) -> None:
        await asyncio.gather(*self._pending, return_exceptions=True)
        await self._storage.delete_prefix(self._prefix)


class TemporarySink:
    """Keeps one file without a name, which goes away with the process at the latest: for what is read at once."""

    def __init__(self) -> None:
        self.file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__ or discard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def key(self, stored_name: str) -> str:
        return stored_name

    async def save(self, stored_name: str, data: bytes) -> None:
        await asyncio.to_thread(self.file.write, data)

    async def save_stream(self, stored_name: str, blocks: AsyncIterator[bytes]) -> None:
        async for block in blocks:
            await self.save(stored_name, block)

    async def finish(self) -> None:
        pass

    async def flush(self) -> None:
        pass

    async def discard(self) -> None:
        self.file.close()
