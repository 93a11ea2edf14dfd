"""The local store: whole files or none, and nothing outside its folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from malha.settings import UploadSettings
from malha.storage import Storage
from malha.storage.store import LOCAL_PART_BYTES

pytestmark = pytest.mark.anyio


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def blocks(count: int, *, fails: bool = False) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number]) * LOCAL_PART_BYTES
    if fails:
        raise ConnectionResetError


@pytest.mark.parametrize("does_sync", [False, True])
async def test_a_small_file_comes_back_as_it_was(tmp_path: Path, does_sync: bool) -> None:
    storage = Storage.local(tmp_path, does_sync=does_sync)
    await storage.put("job/a.xml", b"<a/>")
    await storage.flush(["job/a.xml"])
    assert await storage.get("job/a.xml") == b"<a/>"
    assert [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)] == ["job/a.xml"]


async def test_a_large_file_streams_in_and_out(storage: Storage) -> None:
    await storage.put_stream("job/big", blocks(3))
    read = [block async for block in storage.get_stream("job/big")]
    assert b"".join(read) == b"".join([block async for block in blocks(3)])
    assert len(read) > 1


async def test_a_stream_that_fails_leaves_no_file_and_keeps_its_error(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await storage.put_stream("job/big", blocks(3, fails=True))
    assert files_below(tmp_path) == []


async def test_an_absent_key_is_file_not_found(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        await storage.get("job/absent")


async def test_delete_prefix_removes_the_folder_and_nothing_else(storage: Storage, tmp_path: Path) -> None:
    await storage.put("one/a", b"1")
    await storage.put("one/b", b"2")
    await storage.put("oneself/a", b"3")
    await storage.delete_prefix("one")
    await storage.delete_prefix("never-there")
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["oneself"]


@pytest.mark.parametrize("prefix", ["", "/", "..", "a/../..", "../other"])
async def test_delete_prefix_refuses_to_leave_its_folder(storage: Storage, prefix: str) -> None:
    with pytest.raises(ValueError, match="refusing"):
        await storage.delete_prefix(prefix)


@pytest.mark.parametrize("key", ["../outside", "a/../../outside"])
async def test_keys_cannot_leave_the_folder(storage: Storage, tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match=r"\.\."):
        await storage.put(key, b"x")
    assert files_below(tmp_path) == []


async def test_prefixes_are_listed(storage: Storage) -> None:
    await storage.put("one/a", b"1")
    await storage.put("two/deeper/a", b"1")
    assert sorted(await storage.list_prefixes()) == ["one", "two"]


async def test_a_local_store_is_ready_while_its_folder_is_there(storage: Storage, tmp_path: Path) -> None:
    await storage.check()
    (tmp_path / "uploads").rmdir()
    with pytest.raises(PermissionError):
        await storage.check()


async def test_settings_without_a_url_open_the_folder(tmp_path: Path) -> None:
    storage = Storage.from_settings(UploadSettings.model_validate({"directory": tmp_path / "deep" / "uploads"}))
    await storage.put("a/b", b"x")
    assert (tmp_path / "deep" / "uploads" / "a" / "b").read_bytes() == b"x"
