"""Files by key, in a local folder or in any S3, behind one interface."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from malha.settings import UploadSettings

READ_BLOCK_BYTES = 1024 * 1024
LOCAL_PART_BYTES = 1024 * 1024
S3_PART_BYTES = 5 * 1024 * 1024
"""The smallest part that S3's multipart uploads accept."""

PARALLEL_PARTS = 2


class Storage:
    """Keys are relative, `/`-separated and made here, never by a sender.

    A file appears under its key whole or not at all: locally by rename, in S3 by completing the multipart upload.
    FileNotFoundError for a key that is not there; obstore.exceptions.BaseError when the store does not answer.
    """

    def __init__(
        self, store: ObjectStore, *, part_bytes: int, root: Path | None = None, does_sync: bool = False
    ) -> None:
        self._store = store
        self._part_bytes = part_bytes
        self._root = root
        self._does_sync = does_sync

    @classmethod
    def from_settings(cls, settings: UploadSettings) -> Storage:
        """The store that the settings name; S3 takes its credentials and endpoint from the usual AWS_* variables."""
        if settings.url:
            return cls(S3Store.from_url(settings.url), part_bytes=S3_PART_BYTES)
        return cls.local(settings.directory, does_sync=settings.fsync)

    @classmethod
    def local(cls, root: Path, *, does_sync: bool = True) -> Storage:
        """Files below a folder, which is made when missing."""
        root = root.resolve()
        root.mkdir(mode=0o750, parents=True, exist_ok=True)
        store = LocalStore(root, automatic_cleanup=True)
        return cls(store, part_bytes=LOCAL_PART_BYTES, root=root, does_sync=does_sync)

    def start_put(self, key: str, data: bytes) -> asyncio.Future[Any]:
        """Begin to store a small file and return at once; the future is done when the file can be read."""
        if self._root is None:
            return asyncio.ensure_future(obstore.put_async(self._store, key, data, use_multipart=False))
        # A thread of ours: put_async takes longer, because it wakes a runtime of its own and then this loop.
        return _on_thread(lambda: obstore.put(self._store, key, data, use_multipart=False))

    async def put(self, key: str, data: bytes) -> None:
        """Store a small file in one go."""
        await self.start_put(key, data)

    async def put_stream(self, key: str, blocks: AsyncIterable[bytes]) -> None:
        """Store what an iterator yields, a few parts in memory at a time; an error of the iterator leaves nothing."""
        await obstore.put_async(self._store, key, blocks, chunk_size=self._part_bytes, max_concurrency=PARALLEL_PARTS)

    async def flush(self, keys: Sequence[str]) -> None:
        """Return once stored files would survive a power cut; S3 answers a put no earlier."""
        if self._root is not None and self._does_sync:
            paths = [self._root / key for key in keys]
            await _on_thread(lambda: _sync(paths))

    async def get(self, key: str) -> bytes:
        """The whole file."""
        result = await obstore.get_async(self._store, key)
        return bytes(await result.bytes_async())

    async def open(self, key: str) -> BinaryIO:
        """The file as the operating system has files: the stored one, or a copy that goes when it is closed."""
        if self._root is not None:
            path = self._root / key
            return await asyncio.to_thread(path.open, "rb")
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            async for block in self.get_stream(key):
                await asyncio.to_thread(copy.write, block)
            copy.seek(0)
        except BaseException:
            copy.close()
            raise
        return copy

    async def get_stream(self, key: str) -> AsyncIterator[bytes]:
        """The file in blocks of about a mebibyte."""
        async for block in await self.open_stream(key):
            yield block

    async def open_stream(self, key: str) -> AsyncIterator[bytes]:
        """The same, but a file that is not there is told before the first block is asked for."""
        result = await obstore.get_async(self._store, key)
        return _blocks(result)

    async def delete_prefix(self, prefix: str) -> None:
        """Delete every file below a folder-like prefix; nothing there is no error."""
        if not prefix.strip("/") or ".." in prefix:
            raise ValueError(f"refusing to delete below {prefix!r}")
        if self._root is not None:
            await asyncio.to_thread(shutil.rmtree, self._root / prefix, ignore_errors=True)
            return
        async for batch in obstore.list(self._store, prefix.rstrip("/") + "/"):
            await obstore.delete_async(self._store, [entry["path"] for entry in batch])

    async def list_prefixes(self, below: str = "") -> list[str]:
        """The first level of folders, of the whole store or below a folder."""
        result = await obstore.list_with_delimiter_async(self._store, below or None)
        return list(result["common_prefixes"])

    async def check(self) -> None:
        """Raise when files cannot be stored; for the readiness probe."""
        if self._root is None:
            await obstore.list_with_delimiter_async(self._store, "readiness-probe")
        elif not os.access(self._root, os.W_OK | os.X_OK):
            raise PermissionError(f"{self._root} is not a folder to write in")


async def _blocks(result: obstore.GetResult) -> AsyncIterator[bytes]:
    async for block in result.stream(min_chunk_size=READ_BLOCK_BYTES):
        yield bytes(block)


def _on_thread(function: Callable[[], object]) -> asyncio.Future[Any]:
    return asyncio.get_running_loop().run_in_executor(None, function)


def _sync(paths: Sequence[Path]) -> None:
    """Flush files that were renamed into place; journals (ext4, xfs, btrfs) flush their new names along with them."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
