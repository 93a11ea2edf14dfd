"""Zip archives opened without trusting them: entries, ratio and real bytes are bounded over all levels of nesting."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from malha.kit.archive_names import entry_name

MEBIBYTE = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_ENTRY_SIGNATURE = b"PK\x01\x02"
_RATIO_FREE_BYTES = MEBIBYTE
_CONTROLS = dict.fromkeys([*range(32), 127], "_")
_WHOLE = frozenset({"too-many-entries", "too-large", "ratio"})
_CLUTTER_FOLDERS = frozenset({"__MACOSX"})
_CLUTTER_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class ArchiveError(Exception):
    """An archive, or an entry of one, that is not opened.

    Codes: `not-an-archive`, `too-many-entries`, `too-large`, `ratio`, `too-deep`, `entry-too-large`, `encrypted`,
    `damaged`.
    """

    def __init__(self, code: str, message_pt: str, message_en: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_pt = message_pt
        self.message_en = message_en


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What one uploaded archive may unfold to, all nested archives included. `max_depth` 1 allows no nesting."""

    max_entries: int = 10_000
    max_bytes: int = 512 * MEBIBYTE
    max_entry_bytes: int = 25 * MEBIBYTE
    max_ratio: int = 250
    max_depth: int = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive under its full path, either with its bytes or with why they cannot be had."""

    name: str
    data: bytes = b""
    error: ArchiveError | None = None


def expand(data: bytes, name: str, limits: ArchiveLimits | None = None) -> Iterator[Entry]:
    """Yield the files of an archive one at a time, those of nested archives in place of these.

    What concerns one entry is told in the entry; ArchiveError is raised when the archive as a whole is refused, which
    may be after some entries, as sizes that lie show only while inflating.
    """
    yield from _Unfolding(limits or ArchiveLimits(), len(data)).expand(data, name, depth=1)


class _Unfolding:
    """One uploaded archive on its way out, with what all its levels have spent so far."""

    def __init__(self, limits: ArchiveLimits, packed_bytes: int) -> None:
        self._limits = limits
        self._packed_bytes = packed_bytes
        self._entries = 0
        self._bytes = 0

    def expand(self, data: bytes, name: str, *, depth: int) -> Iterator[Entry]:
        # Counted before zipfile makes an object of each entry: a directory of a million entries fits in a small file.
        if self._entries + data.count(_ENTRY_SIGNATURE) > 2 * self._limits.max_entries:
            raise _too_many(self._limits)
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ArchiveError(
                "not-an-archive", "O arquivo não é um ZIP válido.", "The file is not a valid ZIP."
            ) from error
        with archive:
            for info in archive.infolist():
                if info.is_dir() or is_clutter(info.filename):
                    continue
                self._entries += 1
                if self._entries > self._limits.max_entries:
                    raise _too_many(self._limits)
                yield from self._open(archive, info, f"{name}/{entry_name(info).translate(_CONTROLS)}", depth)

    def _open(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, depth: int) -> Iterator[Entry]:
        is_nested = path.lower().endswith(".zip")
        if is_nested and depth >= self._limits.max_depth:
            levels = self._limits.max_depth
            error = ArchiveError(
                "too-deep", f"Há ZIP além de {levels} níveis.", f"ZIP files nest deeper than {levels} levels."
            )
            yield Entry(path, error=error)
            return
        try:
            content = self._inflate(archive, info)
            if is_nested:
                yield from self.expand(content, path, depth=depth + 1)
            else:
                yield Entry(path, content)
        except ArchiveError as error:
            if error.code in _WHOLE:
                raise
            yield Entry(path, error=error)

    def _inflate(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        """The entry's bytes, counted as they come; sizes that the headers tell are believed only to refuse."""
        if info.flag_bits & 0x1:
            raise ArchiveError(
                "encrypted", "O arquivo está protegido por senha.", "The file is protected by a password."
            )
        if info.file_size > self._limits.max_entry_bytes:
            raise _entry_too_large(self._limits)
        blocks: list[bytes] = []
        size = 0
        try:
            with archive.open(info) as stream:
                while block := stream.read(_BLOCK_BYTES):
                    size += len(block)
                    self._count(len(block))
                    if size > self._limits.max_entry_bytes:
                        raise _entry_too_large(self._limits)
                    blocks.append(block)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise ArchiveError(
                "damaged", "O arquivo está danificado no ZIP.", "The file is damaged in the ZIP."
            ) from error
        return b"".join(blocks)

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limits.max_bytes:
            megabytes = self._limits.max_bytes // MEBIBYTE
            raise ArchiveError(
                "too-large",
                f"O ZIP descompactado passa de {megabytes} MiB.",
                f"The ZIP unpacks to more than {megabytes} MiB.",
            )
        if self._bytes > _RATIO_FREE_BYTES and self._bytes > self._limits.max_ratio * self._packed_bytes:
            raise ArchiveError(
                "ratio",
                f"O ZIP descompacta para mais de {self._limits.max_ratio} vezes o seu tamanho.",
                f"The ZIP unpacks to more than {self._limits.max_ratio} times its size.",
            )


def _too_many(limits: ArchiveLimits) -> ArchiveError:
    count = limits.max_entries
    return ArchiveError(
        "too-many-entries", f"O ZIP tem mais de {count} arquivos.", f"The ZIP holds more than {count} files."
    )


def _entry_too_large(limits: ArchiveLimits) -> ArchiveError:
    megabytes = limits.max_entry_bytes // MEBIBYTE
    return ArchiveError(
        "entry-too-large",
        f"O arquivo descompactado passa de {megabytes} MiB.",
        f"The file unpacks to more than {megabytes} MiB.",
    )


def is_clutter(filename: str) -> bool:
    """Whether an operating system left the file there, and nobody ever looks at it."""
    path = PurePosixPath(filename)
    return path.name in _CLUTTER_NAMES or path.name.startswith("._") or bool(_CLUTTER_FOLDERS & set(path.parts))
