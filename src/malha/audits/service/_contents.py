"""What is to be audited of an uploaded file: itself, or the files in it, which may be left to parts of their own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from malha.audits.rules import NUMBERS_PER_FILE, plan_sections
from malha.audits.service._part_file import PartFile
from malha.fiscal.documents import ReadError
from malha.fiscal.leaves import Leaf, RawFile, nothing_inside, refuse_archive, refuse_file, unpack
from malha.guarded import off_loop
from malha.guarded.archives import expand, survey
from malha.kit.archives import ArchiveError, Section
from malha.storage import Storage

IsCancelled = Callable[[], bool]

_BLOCK_BYTES = 1024 * 1024
_LOST = ReadError(
    "lost",
    "O arquivo recebido não está mais íntegro no armazenamento. Envie-o de novo.",
    "The received file is no longer intact in the storage. Send it again.",
)


@dataclass(frozen=True, slots=True)
class Contents:
    """`leaves` are the files to audit now, whose documents count from `number`; others are left to `rest`."""

    leaves: Callable[[IsCancelled], Iterable[Leaf]]
    number: int = 0
    rest: tuple[PartFile, ...] = ()


class ReceivedFiles:
    """Uploaded files of one worker process. The archive that was read last stays open: many parts read of it."""

    def __init__(self) -> None:
        self._archive: tuple[str, str, BinaryIO] | None = None

    async def look_into(self, storage: Storage, file: PartFile, is_cancelled: IsCancelled) -> Contents:
        """What there is to audit. GuardedError `cancelled`."""
        try:
            if file.is_archive:
                return await _look_into_archive(await self._open(storage, file), file, is_cancelled)
            data = await storage.get(file.key)
        except FileNotFoundError:
            return _only(refuse_file(file.name, _LOST, size=file.size, sha256=file.sha256))
        if hashlib.sha256(data).hexdigest() != file.sha256:
            return _only(refuse_file(file.name, _LOST, size=file.size, sha256=file.sha256))
        return _only(RawFile(file.name, data))

    async def _open(self, storage: Storage, file: PartFile) -> BinaryIO:
        """The archive with the bytes that were received; FileNotFoundError when the store has lost or changed them."""
        if self._archive is not None:
            key, sha256, archive = self._archive
            if (key, sha256) == (file.key, file.sha256):
                return archive
            self._archive = None
            archive.close()
        archive = await storage.open(file.key)
        if await asyncio.to_thread(_fingerprint, archive) != file.sha256:
            archive.close()
            raise FileNotFoundError(file.key)
        self._archive = file.key, file.sha256, archive
        return archive


async def _look_into_archive(archive: BinaryIO, file: PartFile, is_cancelled: IsCancelled) -> Contents:
    if file.section is not None:
        return _section(archive, file, file.section)
    listing = await off_loop(_Listing.make, archive, file.name, is_cancelled)
    sections = plan_sections(listing.files)
    refusals = [refuse_archive(file.name, error, size=file.size, sha256=file.sha256) for error in listing.errors]
    if not listing.files and not refusals:
        refusals = [refuse_file(file.name, nothing_inside(0), size=file.size, sha256=file.sha256)]
    if len(sections) != 1:
        rest = tuple(replace(file, section=section) for section in sections)
        return Contents(lambda _: refusals, len(listing.files) * NUMBERS_PER_FILE, rest)
    whole = _section(archive, file, sections[0])
    return replace(whole, leaves=lambda is_cancelled: chain(whole.leaves(is_cancelled), refusals))


@dataclass(frozen=True, slots=True)
class _Listing:
    """The files of an archive, up to what it is refused for."""

    files: list[tuple[int, int]]
    errors: list[ArchiveError]

    @classmethod
    def make(cls, archive: BinaryIO, name: str, is_cancelled: IsCancelled) -> _Listing:
        made = cls([], [])
        try:
            made.files.extend(survey(archive, name, is_cancelled=is_cancelled))
        except ArchiveError as error:
            made.errors.append(error)
        return made


def _only(leaf: Leaf) -> Contents:
    return Contents(lambda _: [leaf])


def _section(archive: BinaryIO, file: PartFile, section: Section) -> Contents:
    refuse = partial(refuse_archive, file.name, size=file.size, sha256=file.sha256)

    def leaves(is_cancelled: IsCancelled) -> Iterator[Leaf]:
        return unpack(expand(archive, file.name, section=section, is_cancelled=is_cancelled), refuse)

    return Contents(leaves, section.first * NUMBERS_PER_FILE)


def _fingerprint(archive: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := archive.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
