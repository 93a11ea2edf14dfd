"""Bytes of a statement as text, whatever its header claims about them: read block by block, never whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from malha.banking.rules.remarks import StatementInvalidError

BLOCK_BYTES = 1 << 16
LONGEST_LINE = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_blocks(file: BinaryIO) -> Iterator[str]:
    """The text from the beginning, in blocks of about 64 KB, lines ending in `\\n`, without marks and NUL.

    UTF-8 where a line's bytes are that, else Windows-1252: accented text in the one is hardly ever valid in the other.
    Declared encodings are not asked: banks write UTF-8 under `CHARSET:1252` and the reverse, and both in one file.
    StatementInvalidError for broken UTF-16.
    """
    file.seek(0)
    head = file.read(4)
    mark, encoding = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", _guess(head)))
    file.seek(len(mark))
    decoded = _eight_bits(file) if encoding == "utf-8" else _wide(file, encoding)
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    for block in decoded:
        yield newlines.decode(block).replace("\0", "").replace("\ufeff", "")
    yield newlines.decode("", final=True)


def read_lines(file: BinaryIO, *, width: int | None = None) -> Iterator[str]:
    """The lines with their ends; of a file that has none, pieces of this width.

    StatementInvalidError for one that is longer than any line of a statement.
    """
    rest = ""
    for block in read_blocks(file):
        rest += block
        lines = rest.splitlines(keepends=True) if _is_plain(rest) else _split(rest)
        rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        yield from lines
        while width and len(rest) > 2 * width:
            yield rest[:width]
            rest = rest[width:]
        if len(rest) > LONGEST_LINE:
            raise StatementInvalidError(
                f"a line is longer than {LONGEST_LINE} characters", f"uma linha tem mais de {LONGEST_LINE} caracteres"
            )
    while width and len(rest.rstrip()) > width:
        yield rest[:width]
        rest = rest[width:]
    if rest:
        yield rest


def _is_plain(block: str) -> bool:
    return block.isascii() and not any(mark in block for mark in "\v\f\x1c\x1d\x1e")


def _split(text: str) -> list[str]:
    """At `\\n` only: `str.splitlines` also cuts at form feeds and U+2028, and then the lines are not the file's."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _guess(head: bytes) -> str:
    if len(head) == 4 and not head[1] and not head[3] and head[0] and head[2]:
        return "utf-16-le"
    return "utf-16-be" if len(head) == 4 and not head[0] and not head[2] and head[1] and head[3] else "utf-8"


def _wide(file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(BLOCK_BYTES):
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise StatementInvalidError(
            f"broken {encoding} text: {error.reason}", f"texto {encoding} corrompido: {error.reason}"
        ) from error


def _eight_bits(file: BinaryIO) -> Iterator[str]:
    rest = b""
    while block := file.read(BLOCK_BYTES):
        rest += block
        end = rest.rfind(b"\n") + 1 or _end_of_ascii(rest)
        yield _decode(rest[:end])
        rest = rest[end:]
    yield _decode(rest)


def _end_of_ascii(data: bytes) -> int:
    """Behind the last byte that is no part of a longer character; of a block without one, behind all of it."""
    for end in range(len(data), max(len(data) - 4096, 0), -1):
        if data[end - 1] < 0x80:
            return end
    return len(data)


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(map(_decode_line, data.splitlines(keepends=True)))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; Latin-1 has controls there, which `clean` drops.
        return line.decode("cp1252", errors="replace").replace("\ufffd", " ")
