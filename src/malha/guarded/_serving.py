"""The child: takes one file after the other and yields what the parser says of each. It cannot open anything."""

from __future__ import annotations

import codecs
import io
import os
import socket
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, BinaryIO, NamedTuple

import orjson

from malha.guarded._frames import END, HEADER, REFUSAL, FrameWriter, read_exactly
from malha.guarded.errors import RefusedError

ENCODINGS = ("ascii", "cp437", "cp850", "cp860", "cp1252", "iso8859-1", "iso8859-15", "mac-roman", "utf-8-sig",
             "utf-16", "utf-16-be", "utf-16-le", "utf-32")  # fmt: skip
"""Those of files that people have, whose tables Python loads late."""

_NO_MEMORY = b'{"code":"memory"}'

Parser = Callable[..., Iterator[Any]]


class _Job(NamedTuple):
    source: BinaryIO
    arguments: dict[str, Any]


def load(target: str) -> Parser:
    """The function `package.module:name`, with all loaded that it would load late: its module's `warm` sees to that."""
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    module_name, _, name = target.partition(":")
    module = import_module(module_name)
    getattr(module, "warm", lambda: None)()
    return getattr(module, name)


def serve(connection: socket.socket, parse: Parser) -> None:
    """Until the other side is gone."""
    output = FrameWriter(connection.fileno())
    try:
        while job := _take(connection):
            _work(parse, job, output)
    except MemoryError:  # the file alone is too large
        output.write(REFUSAL, _NO_MEMORY)
        output.flush()


def _take(connection: socket.socket) -> _Job | None:
    """The next job: its arguments, then the file as bytes, or as an open file that came with the first byte."""
    header, descriptors, *_ = socket.recv_fds(connection, HEADER.size, 1)
    if not header:
        return None
    descriptor = connection.fileno()
    header += read_exactly(descriptor, HEADER.size - len(header))
    arguments = orjson.loads(read_exactly(descriptor, HEADER.unpack(header)[1]))
    if descriptors:
        return _Job(os.fdopen(descriptors[0], "rb"), arguments)
    _, length = HEADER.unpack(read_exactly(descriptor, HEADER.size))
    return _Job(io.BytesIO(read_exactly(descriptor, length)), arguments)


def _work(parse: Parser, job: _Job, output: FrameWriter) -> None:
    try:
        with job.source:
            for value in parse(job.source, **job.arguments):
                output.value(value)
        output.write(END)
    except RefusedError as error:
        told = {"code": error.code, "message_pt": error.message_pt, "message_en": error.message_en}
        output.write(REFUSAL, orjson.dumps(told))
    except MemoryError:
        output.write(REFUSAL, _NO_MEMORY)
    except BaseException:  # also what extensions in Rust raise when they panic
        output.write(REFUSAL, b'{"code":"crashed"}')
    output.flush()
