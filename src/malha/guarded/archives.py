"""ZIP archives opened in a child, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, BinaryIO

from malha.guarded.errors import GuardedError, RefusedError
from malha.guarded.limits import MEBIBYTE, Limits
from malha.guarded.pool import run_guarded
from malha.kit import archives
from malha.kit.archives import ArchiveError, ArchiveLimits, Entry

_READER = "malha.guarded.archives:read_entries"


def expand(data: bytes, name: str, *, is_cancelled: Callable[[], bool] = lambda: False) -> Iterator[Entry]:
    """As `malha.kit.archives.expand`, which runs in the child; what ends the child is an ArchiveError.

    GuardedError `cancelled`.
    """
    limits = Limits(output_bytes=ArchiveLimits().max_bytes + 64 * MEBIBYTE)
    arguments = {"name": name}
    try:
        with closing(run_guarded(_READER, data, limits, arguments=arguments, is_cancelled=is_cancelled)) as told:
            for about in told:
                yield _entry(about, told)
    except GuardedError as error:
        if error.code == "cancelled":
            raise
        raise ArchiveError(error.code, error.sentence_pt, error.sentence_en) from error


def read_entries(source: BinaryIO, *, name: str) -> Iterator[dict[str, Any] | bytes]:
    """In the child: what is known of an entry, then its bytes if they can be had."""
    try:
        for entry in archives.expand(source.read(), name):
            if entry.error is None:
                yield {"name": entry.name}
                yield entry.data
            else:
                error = entry.error
                yield {"name": entry.name, "error": [error.code, error.message_pt, error.message_en]}
    except ArchiveError as error:
        raise RefusedError(error.code, error.message_pt, error.message_en) from error


def _entry(about: Any, told: Iterator[Any]) -> Entry:
    match about:
        case {"name": str(name), "error": [str(code), str(message_pt), str(message_en)]}:
            return Entry(name, error=ArchiveError(code, message_pt, message_en))
        case {"name": str(name)} if isinstance(data := next(told, None), bytes):
            return Entry(name, data)
        case _:
            raise GuardedError.of("crashed")
