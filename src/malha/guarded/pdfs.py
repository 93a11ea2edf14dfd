"""Words of a PDF with their places, rebuilt from the boxes of its characters. Runs in the child."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from pypdfium2 import PdfDocument, PdfiumError, PdfPage, PdfTextPage
from pypdfium2 import raw as pdfium

from malha.guarded.errors import RefusedError

MOST_PAGES = 200
MOST_CHARACTERS = 1_000_000
GAP = 0.25
"""Of the height of a character: a wider gap in a line parts two words."""

_SAME_LINE = 0.5
_PASSWORD = 4


class _Character(NamedTuple):
    text: str
    left: float
    top: float
    right: float
    bottom: float


def read_words(source: BinaryIO) -> Iterator[dict[str, Any]]:
    """Of each page `{"page": its number, "words": [[text, left, top, right, bottom], ...]}`, as people see the page.

    Points from the upper left corner; words in the order in which the file writes them. RefusedError for a file that
    is encrypted, broken, too long, or has no text at all.
    """
    try:
        document = PdfDocument(source.read())
    except PdfiumError as error:
        raise _refusal(error) from error
    if len(document) > MOST_PAGES:
        raise RefusedError(
            "too-large", f"o PDF tem mais de {MOST_PAGES} páginas", f"the PDF has more than {MOST_PAGES} pages"
        )
    left = MOST_CHARACTERS
    has_text = False
    pages: list[dict[str, Any]] = []
    for number in range(len(document)):
        words, count = _read_page(document, number, left)
        left -= count
        has_text = has_text or bool(words)
        pages.append({"page": number + 1, "words": words})
    if not has_text:
        raise RefusedError(
            "no-text",
            "o PDF não tem texto: é uma imagem digitalizada, que precisa de reconhecimento de texto (OCR) antes",
            "the PDF has no text: it is a scanned image, which needs character recognition (OCR) first",
        )
    yield from pages


def warm() -> None:
    """Have the library load what it loads at its first page: nothing can be opened later."""
    document = PdfDocument.new()
    page = document.new_page(10, 10)
    page.get_textpage().close()
    page.close()
    document.close()


def _read_page(document: PdfDocument, number: int, left: int) -> tuple[list[list[Any]], int]:
    try:
        page = document[number]
        text = page.get_textpage()
        count = text.count_chars()
        if count > left:
            raise RefusedError("too-large", "o PDF tem texto demais", "the PDF has too much text")
        words = [_word(characters) for characters in _split(_characters(page, text, count))]
        text.close()
        page.close()
    except PdfiumError as error:
        raise _damaged() from error
    return words, count


def _characters(page: PdfPage, text: PdfTextPage, count: int) -> Iterator[_Character | None]:
    """None for what parts words: spaces, ends of lines, and characters without a box."""
    place = _Place(page)
    box = pdfium.FS_RECTF()
    for index in range(count):
        character = chr(pdfium.FPDFText_GetUnicode(text, index) or 0xFFFD)
        if character.isspace() or not pdfium.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box)):
            yield None
        elif character.isprintable():
            yield _Character(character, *place.of(box.left, box.bottom, box.right, box.top))


class _Place:
    """From the file's own points to those of the page as it is shown."""

    def __init__(self, page: PdfPage) -> None:
        self._rotation = page.get_rotation()
        left, bottom, right, top = page.get_bbox()  # also where the page inherits it
        self._left, self._bottom = left, bottom
        self._width, self._height = right - left, top - bottom

    def of(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, from the upper left corner."""
        left, right = left - self._left, right - self._left
        bottom, top = bottom - self._bottom, top - self._bottom
        match self._rotation:
            case 90:
                return bottom, left, top, right
            case 180:
                return self._width - right, bottom, self._width - left, top
            case 270:
                return self._height - top, self._width - right, self._height - bottom, self._width - left
            case _:
                return left, self._height - top, right, self._height - bottom


def _split(characters: Iterator[_Character | None]) -> Iterator[list[_Character]]:
    word: list[_Character] = []
    for character in characters:
        if word and (character is None or _is_apart(word[-1], character)):
            yield word
            word = []
        if character is not None:
            word.append(character)
    if word:
        yield word


def _is_apart(before: _Character, after: _Character) -> bool:
    height = max(before.bottom - before.top, after.bottom - after.top, 1.0)
    overlap = min(before.bottom, after.bottom) - max(before.top, after.top)
    gap = after.left - before.right
    return overlap < _SAME_LINE * height or gap > GAP * height or after.right < before.left


def _word(characters: list[_Character]) -> list[Any]:
    left = min(character.left for character in characters)
    right = max(character.right for character in characters)
    top = min(character.top for character in characters)
    bottom = max(character.bottom for character in characters)
    text = "".join(character.text for character in characters)
    return [text, *(round(edge, 1) for edge in (left, top, right, bottom))]


def _refusal(error: PdfiumError) -> RefusedError:
    if getattr(error, "err_code", None) == _PASSWORD:
        return RefusedError("encrypted", "o PDF está protegido por senha", "the PDF is protected by a password")
    return _damaged()


def _damaged() -> RefusedError:
    return RefusedError("damaged", "o PDF está danificado", "the PDF is damaged")
