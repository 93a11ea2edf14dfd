"""PDFs read in a guarded child, and judged by the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from malha.guarded import GuardedError, Limits, run_guarded
from malha.partnumbers.rules.document_words import Line, lines_of
from malha.partnumbers.rules.documents import Reading, read_document
from malha.settings import MEBIBYTE

PDF_READER = "malha.guarded.pdfs:read_words"
LIMITS = Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=20, wall_seconds=40, output_bytes=64 * MEBIBYTE)


def read_pdf(source: bytes | BinaryIO) -> Reading:
    """The part numbers of a purchase order or invoice. Raises GuardedError. Blocks."""
    return read_document(_pages(source))


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
