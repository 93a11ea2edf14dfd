"""The log lines of several processes on one screen, each with its name before it."""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO

_LONGEST_LINE_BYTES = 64 * 1024
_COLOURS = (36, 33, 35, 32, 34, 31)
_LINES_KEPT = 200


@dataclass
class Lines:
    """A pipe: processes write into `writing`, the lines of all of them are read here."""

    name: str
    reading: int = -1
    writing: int = -1
    _partial: bytes = b""

    def __post_init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    def read(self) -> Iterator[str]:
        """The complete lines that have arrived since the last call."""
        while self.reading >= 0:
            try:
                chunk = os.read(self.reading, 65536)
            except BlockingIOError:
                return
            *complete, self._partial = (self._partial + chunk).split(b"\n")
            if self._partial and (not chunk or len(self._partial) > _LONGEST_LINE_BYTES):
                complete, self._partial = [*complete, self._partial], b""
            yield from (line.decode(errors="replace").rstrip("\r") for line in complete)
            if not chunk:
                os.close(self.reading)
                self.reading = -1

    def end(self) -> None:
        """Gives up our own end for writing: once the last process has, too, there is no more to read."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1


@dataclass
class Screen:
    """With `is_quiet` the last lines are kept, to be shown when something fails."""

    names: Sequence[str]
    is_quiet: bool = False
    stream: TextIO | None = field(default_factory=lambda: sys.stdout)
    _unshown: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))

    def show_new(self, sources: Sequence[Lines], seconds: float) -> None:
        """Waits that long at the most for the first line."""
        readable, _, _ = select.select([source.reading for source in sources if source.reading >= 0], [], [], seconds)
        for source in sources:
            if source.reading in readable:
                for line in source.read():
                    self.show(source.name, line)

    def show(self, name: str, line: str) -> None:
        label = f"{name:<{max(map(len, self.names))}} |"
        if self.stream and self.stream.isatty() and not os.environ.get("NO_COLOR"):
            label = f"\033[{_COLOURS[self.names.index(name) % len(_COLOURS)]}m{label}\033[0m"
        if self.is_quiet:
            self._unshown.append(f"{label} {line}")
        else:
            self._write(f"{label} {line}")

    def show_kept(self) -> None:
        while self._unshown:
            self._write(self._unshown.popleft())

    def _write(self, line: str) -> None:
        if self.stream is None:
            return
        try:
            self.stream.write(f"{line}\n")
            self.stream.flush()
        except OSError:  # the terminal or the pipe's reader is gone: no reason to stop working
            self.stream = None
