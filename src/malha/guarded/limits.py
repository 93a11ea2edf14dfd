"""What reading one file may take."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For one file. `memory_bytes` come on top of what the loaded reader takes; the wall's clock stands still while
    nobody asks for the next value."""

    memory_bytes: int = 512 * MEBIBYTE
    cpu_seconds: int = 30
    wall_seconds: float = 60
    output_bytes: int = 256 * MEBIBYTE
