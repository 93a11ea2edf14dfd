"""What parent and child write to each other: one byte that says the kind, four of length, then the content."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from typing import Any

import orjson

from malha.guarded.errors import GuardedError

HEADER = struct.Struct(">cI")
JOB, SOURCE = b"J", b"S"
VALUE, BYTES, REFUSAL, END = b"=", b"b", b"!", b"."

MOST_FRAME_BYTES = 32 * 1024 * 1024
HELD_BYTES = 64 * 1024
HELD_SECONDS = 0.1


def frame(kind: bytes, content: bytes = b"") -> bytes:
    """One whole frame."""
    return HEADER.pack(kind, len(content)) + content


class FrameWriter:
    """Gathers small frames, so that a row is not a system call; one that has waited goes out with the next."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = bytearray()
        self._flushed_at = time.monotonic()

    def value(self, value: Any) -> None:
        """Bytes as they are, anything else as JSON; what JSON does not know becomes text."""
        if isinstance(value, bytes):
            self.write(BYTES, value)
        else:
            self.write(VALUE, orjson.dumps(value, default=str))

    def write(self, kind: bytes, content: bytes = b"") -> None:
        """Add a frame."""
        self._held += HEADER.pack(kind, len(content))
        self._held += content
        if len(self._held) >= HELD_BYTES or time.monotonic() - self._flushed_at > HELD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Send all that is held; waits for a reader who is slower."""
        left = memoryview(self._held)
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._held = bytearray()
        self._flushed_at = time.monotonic()


class FrameBuffer:
    """Bytes as they arrive, frames as they are whole."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._start = 0

    @property
    def has_more(self) -> bool:
        """True while bytes are left after the frame that was yielded last."""
        return len(self._held) > self._start

    def add(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Take bytes in; yield the frames that they complete. GuardedError for one longer than any may be."""
        del self._held[: self._start]
        self._start = 0
        self._held += data
        while len(self._held) - self._start >= HEADER.size:
            kind, length = HEADER.unpack_from(self._held, self._start)
            if length > MOST_FRAME_BYTES:
                raise GuardedError.of("output")
            begin = self._start + HEADER.size
            if len(self._held) < begin + length:
                return
            self._start = begin + length
            yield kind, bytes(self._held[begin : self._start])


def read_exactly(descriptor: int, length: int) -> bytes:
    """So many bytes; EOFError when the other side is gone before."""
    blocks: list[bytes] = []
    while length:
        block = os.read(descriptor, length)
        if not block:
            raise EOFError
        blocks.append(block)
        length -= len(block)
    return b"".join(blocks)
