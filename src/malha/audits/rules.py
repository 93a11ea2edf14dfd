"""How the files of a request are cut into parts, and how the request is told in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

PART_FILES = 20
PART_BYTES = 5 * 1024 * 1024
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


def human_size(size: int) -> str:
    """Bytes in the largest unit that leaves a number of at least one, with a decimal comma."""
    amount = float(size)
    unit = 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount /= 1024
        unit += 1
    return f"{size} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}".replace(".", ",")


def summarize_input(files: Sequence[Sized]) -> str:
    """Like `3 arquivos • 1,2 MB`."""
    noun = "arquivo" if len(files) == 1 else "arquivos"
    return f"{len(files)} {noun} • {human_size(sum(file.size for file in files))}"
