"""ZIP archives opened in a child, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import astuple
from typing import Any, BinaryIO

from malha.guarded.errors import GuardedError, RefusedError
from malha.guarded.limits import MEBIBYTE, Limits
from malha.guarded.pool import run_guarded
from malha.kit import archives
from malha.kit.archives import ArchiveError, ArchiveLimits, Entry, Section

_READER = "malha.guarded.archives:read_archive"


def expand(
    source: bytes | BinaryIO,
    name: str,
    *,
    section: Section | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Entry]:
    """As `malha.kit.archives.expand`, which runs in the child; what ends the child is an ArchiveError.

    GuardedError `cancelled`.
    """
    limits = Limits(output_bytes=ArchiveLimits().max_bytes + 64 * MEBIBYTE)
    arguments = {"name": name, "section": section and astuple(section)}
    with closing(_run(source, limits, arguments, is_cancelled)) as told:
        for about in told:
            yield _entry(about, told)


def survey(
    source: bytes | BinaryIO, name: str, *, is_cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[int, int]]:
    """As `malha.kit.archives.survey`, in the same way; as many files at the most as any archive may hold."""
    left = ArchiveLimits().max_entries
    with closing(_run(source, Limits(), {"name": name, "is_survey": True}, is_cancelled)) as told:
        for about in told:
            match about:
                case [int(entry), int(size)] if entry >= 0 and size >= 0 and left > 0:
                    left -= 1
                    yield entry, size
                case _:
                    raise _archive_error(GuardedError.of("crashed"))


def read_archive(
    source: BinaryIO, *, name: str, section: list[int] | None = None, is_survey: bool = False
) -> Iterator[Any]:
    """In the child: of each entry what is known, then its bytes if they can be had; of a survey, what it yields."""
    try:
        if is_survey:
            yield from archives.survey(source, name)
            return
        for entry in archives.expand(source, name, section=Section(*section) if section else None):
            if entry.error is None:
                yield {"name": entry.name}
                yield entry.data
            else:
                error = entry.error
                yield {"name": entry.name, "error": [error.code, error.message_pt, error.message_en]}
    except ArchiveError as error:
        raise RefusedError(error.code, error.message_pt, error.message_en) from error


def _run(
    source: bytes | BinaryIO, limits: Limits, arguments: dict[str, Any], is_cancelled: Callable[[], bool]
) -> Generator[Any, None, None]:
    try:
        yield from run_guarded(_READER, source, limits, arguments=arguments, is_cancelled=is_cancelled)
    except GuardedError as error:
        if error.code == "cancelled":
            raise
        raise _archive_error(error) from error


def _archive_error(error: GuardedError) -> ArchiveError:
    return ArchiveError(error.code, error.sentence_pt, error.sentence_en)


def _entry(about: Any, told: Iterator[Any]) -> Entry:
    match about:
        case {"name": str(name), "error": [str(code), str(message_pt), str(message_en)]}:
            return Entry(name, error=ArchiveError(code, message_pt, message_en))
        case {"name": str(name)} if isinstance(data := next(told, None), bytes):
            return Entry(name, data)
        case _:
            raise _archive_error(GuardedError.of("crashed"))
