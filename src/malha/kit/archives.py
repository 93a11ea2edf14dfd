"""Zip archives opened without trusting them: entries, ratio and real bytes are bounded over all levels of nesting."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

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


@dataclass(frozen=True, slots=True)
class Section:
    """Neighbouring files of an archive, counted from 0 in the order of `expand`: `first` up to `last`, without it.

    Reading begins at the `entry` of the archive's own directory, whose first file has the `number`.
    """

    first: int
    last: int
    entry: int = 0
    number: int = 0


def expand(
    source: bytes | BinaryIO, name: str, limits: ArchiveLimits | None = None, *, section: Section | None = None
) -> Iterator[Entry]:
    """Yield the files of an archive one at a time, those of nested archives in place of these.

    What concerns one entry is told in the entry; ArchiveError is raised when the archive as a whole is refused, which
    may be after some entries, as sizes that lie show only while inflating. Of a `section`, which a `survey` of the same
    bytes has led to, only the files are inflated.
    """
    unfolding = _Unfolding(limits or ArchiveLimits(), source, is_surveyed=section is not None)
    if section is None:
        yield from unfolding.expand(name)
        return
    number = section.number
    unfolding.is_reading = number >= section.first
    for entry in unfolding.expand(name, begin=section.entry):
        if unfolding.is_reading:
            yield entry
        number += 1
        if number >= section.last:
            return
        unfolding.is_reading = number >= section.first


def survey(source: bytes | BinaryIO, name: str, limits: ArchiveLimits | None = None) -> Iterator[tuple[int, int]]:
    """For each file that `expand` yields: its place in the archive's own directory, and how many bytes it may have.

    Only nested archives are inflated. Raises as `expand` does, by the sizes that the directories tell: no file inflates
    to more than these.
    """
    unfolding = _Unfolding(limits or ArchiveLimits(), source)
    unfolding.is_reading = False
    counted_bytes = 0
    for _ in unfolding.expand(name):
        yield unfolding.entry, unfolding.bytes - counted_bytes
        counted_bytes = unfolding.bytes


class _Unfolding:
    """One uploaded archive on its way out, with what all its levels have spent so far.

    While it is not reading, files come without their bytes, which count as their archive's directory tells them.
    """

    def __init__(self, limits: ArchiveLimits, source: bytes | BinaryIO, *, is_surveyed: bool = False) -> None:
        self.is_reading = True
        self.entry = 0
        self.bytes = 0
        self._limits = limits
        self._source = io.BytesIO(source) if isinstance(source, bytes) else source
        self._packed_bytes = self._source.seek(0, io.SEEK_END)
        self._entries = 0
        self._is_surveyed = is_surveyed

    def expand(self, name: str, *, begin: int = 0) -> Iterator[Entry]:
        """From an entry of the outermost directory on."""
        with self._open(self._source) as archive:
            for self.entry, info in enumerate(archive.infolist()[begin:], begin):
                yield from self._unfold(archive, info, name, depth=1)

    def _nested(self, data: bytes, name: str, depth: int) -> Iterator[Entry]:
        with self._open(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield from self._unfold(archive, info, name, depth)

    def _open(self, source: BinaryIO) -> zipfile.ZipFile:
        # Counted before zipfile makes an object of each entry: a directory of a million entries fits in a small file.
        if not self._is_surveyed and self._entries + _count_signatures(source) > 2 * self._limits.max_entries:
            raise _too_many(self._limits)
        try:
            return zipfile.ZipFile(source)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ArchiveError(
                "not-an-archive", "O arquivo não é um ZIP válido.", "The file is not a valid ZIP."
            ) from error

    def _unfold(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: str, depth: int) -> Iterator[Entry]:
        """The file of an entry, or those in it."""
        if info.is_dir() or is_clutter(info.filename):
            return
        self._entries += 1
        if self._entries > self._limits.max_entries:
            raise _too_many(self._limits)
        path = f"{folder}/{entry_name(info).translate(_CONTROLS)}"
        is_nested = path.lower().endswith(".zip")
        if is_nested and depth >= self._limits.max_depth:
            levels = self._limits.max_depth
            error = ArchiveError(
                "too-deep", f"Há ZIP além de {levels} níveis.", f"ZIP files nest deeper than {levels} levels."
            )
            yield Entry(path, error=error)
            return
        try:
            self._refuse(info)
            if is_nested:
                yield from self._nested(self._inflate(archive, info), path, depth + 1)
            elif self.is_reading:
                yield Entry(path, self._inflate(archive, info))
            else:
                self._count(info.file_size)
                yield Entry(path)
        except ArchiveError as error:
            if error.code in _WHOLE:
                raise
            yield Entry(path, error=error)

    def _refuse(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 0x1:
            raise ArchiveError(
                "encrypted", "O arquivo está protegido por senha.", "The file is protected by a password."
            )
        if info.file_size > self._limits.max_entry_bytes:
            raise _entry_too_large(self._limits)

    def _inflate(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        """The entry's bytes, counted as they come; sizes that the headers tell are believed only to refuse."""
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
        self.bytes += size
        if self.bytes > self._limits.max_bytes:
            megabytes = self._limits.max_bytes // MEBIBYTE
            raise ArchiveError(
                "too-large",
                f"O ZIP descompactado passa de {megabytes} MiB.",
                f"The ZIP unpacks to more than {megabytes} MiB.",
            )
        if self.bytes > _RATIO_FREE_BYTES and self.bytes > self._limits.max_ratio * self._packed_bytes:
            raise ArchiveError(
                "ratio",
                f"O ZIP descompacta para mais de {self._limits.max_ratio} vezes o seu tamanho.",
                f"The ZIP unpacks to more than {self._limits.max_ratio} times its size.",
            )


def _count_signatures(source: BinaryIO) -> int:
    count, tail = 0, b""
    source.seek(0)
    while block := source.read(_BLOCK_BYTES):
        block = tail + block
        count += block.count(_ENTRY_SIGNATURE)
        tail = block[1 - len(_ENTRY_SIGNATURE) :]
    return count


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
