"""How the files of a request are cut into parts, and how the request is told in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from malha.kit.archives import Section

PART_FILES = 20
PART_BYTES = 5 * 1024 * 1024
MOST_SECTION_FILES = 160
SECTION_BYTES = 16 * 1024 * 1024
NUMBERS_PER_FILE = 200_000
"""Of documents: more than any file has, and for as many files as an archive may hold still a PostgreSQL integer."""

_UNITS = ("B", "KB", "MB", "GB")


class Sized(Protocol):
    """A file of which only the size matters."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...


SizedFile = TypeVar("SizedFile", bound=Sized)


def plan_parts(files: Sequence[SizedFile]) -> list[list[SizedFile]]:
    """Neighbouring files together, until a part holds PART_FILES files or PART_BYTES; one message for most requests."""
    parts: list[list[SizedFile]] = []
    room_bytes = 0
    for file in files:
        if not parts or len(parts[-1]) >= PART_FILES or file.size > room_bytes:
            parts.append([])
            room_bytes = PART_BYTES
        parts[-1].append(file)
        room_bytes -= file.size
    return parts


def plan_sections(files: Iterable[tuple[int, int]]) -> list[Section]:
    """Cut an archive's files, each with its place in the directory and its size, into what one part reads.

    The first section is as small as a part of single files, so that its findings are there soon; each may have twice
    as many files as the one before, as every part reads the archive's directory anew.
    """
    begins: list[tuple[int, int, int]] = []
    entry, entry_number, count, room_bytes, most_files = -1, 0, 0, 0, PART_FILES
    for number, (place, size) in enumerate(files):
        if place != entry:
            entry, entry_number = place, number
        if not begins or number - begins[-1][0] == most_files or size > room_bytes:
            most_files = min(2 * most_files, MOST_SECTION_FILES) if begins else PART_FILES
            begins.append((number, entry, entry_number))
            room_bytes = SECTION_BYTES
        room_bytes -= size
        count = number + 1
    ends = [*(begin for begin, _, _ in begins[1:]), count]
    return [Section(begin, end, *where) for (begin, *where), end in zip(begins, ends, strict=False)]


def human_size(size: int, language: str = "pt") -> str:
    """Bytes in the largest unit that leaves a number of at least one, with the language's decimal mark."""
    amount = float(size)
    unit = 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount /= 1024
        unit += 1
    text = f"{amount:.1f} {_UNITS[unit]}"
    return f"{size} B" if unit == 0 else text.replace(".", ",") if language == "pt" else text


_FILES = {"pt": ("arquivo", "arquivos"), "en": ("file", "files")}


def summarize_input(files: Sequence[Sized], language: str = "pt") -> str:
    """Like `3 arquivos • 1,2 MB`, or `3 files • 1.2 MB`."""
    noun = _FILES[language][len(files) != 1]
    return f"{len(files)} {noun} • {human_size(sum(file.size for file in files), language)}"
