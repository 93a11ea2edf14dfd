"""PDFs read in a guarded child, and judged by the rules; a second reader is heard where the system has one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import structlog

from malha.guarded import GuardedError, Limits, run_guarded
from malha.guarded.programs import run_program
from malha.partnumbers.rules.document_words import Line, lines_of
from malha.partnumbers.rules.documents import Reading, doubt, read_document
from malha.settings import MEBIBYTE

PDF_READER = "malha.guarded.pdfs:read_words"
LIMITS = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=20, wall_seconds=40, output_bytes=64 * MEBIBYTE)
SECOND_LIMITS = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=10, wall_seconds=20, output_bytes=32 * MEBIBYTE)
SECOND_READER = "pdftotext"
SECOND_ARGUMENTS = ("-layout", "-enc", "UTF-8", "-q", "-", "-")

_log = structlog.get_logger(__name__)


def read_pdf(source: bytes | BinaryIO) -> Reading:
    """The part numbers of a purchase order or invoice. Raises GuardedError. Blocks.

    Those that the second reader does not find are doubted; what it fails at doubts nothing.
    """
    reading = read_document(_pages(source))
    program = shutil.which(SECOND_READER)
    if program is None or not reading.items:
        return reading
    command = [program, *SECOND_ARGUMENTS]
    if not isinstance(source, bytes):
        return hear_second(reading, command, source)
    with TemporaryFile() as file:
        file.write(source)
        return hear_second(reading, command, file)


def hear_second(reading: Reading, command: list[str], source: BinaryIO) -> Reading:
    """The reading, with doubts about the part numbers that a program does not find in the file."""
    try:
        text = run_program(command, source, SECOND_LIMITS).decode(errors="replace")
    except (GuardedError, OSError) as error:
        _log.warning("partnumbers.second_reader_failed", program=command[0], error=str(error))
        return reading
    return doubt(reading, text.split())


def _pages(source: bytes | BinaryIO) -> Iterator[list[Line]]:
    for told in run_guarded(PDF_READER, source, LIMITS):
        yield _lines(told)


def _lines(told: Any) -> list[Line]:
    """GuardedError for what no reader of ours has said."""
    try:
        words = [(str(text), *map(float, box)) for text, *box in told["words"]]
        return lines_of(int(told["page"]), words)
    except (KeyError, TypeError, ValueError) as error:
        raise GuardedError.of("crashed") from error
