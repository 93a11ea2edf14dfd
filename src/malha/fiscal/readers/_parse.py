"""Hardened XML parsing: no document type, no entities, no network, bounded depth and size."""

from __future__ import annotations

import re

from lxml import etree

from malha.fiscal.documents import ReadError
from malha.fiscal.readers._syntax import explain_syntax
from malha.fiscal.tree import Element
from malha.kit.markup import MarkupExcessError, check_markup

MAX_BYTES = 32 * 1024 * 1024
_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_OPENING = re.compile(rb"(?:\xef\xbb\xbf|\xc3\xaf\xc2\xbb\xc2\xbf|[ \t\r\n])+")
"""The second is a mark that was read as Latin-1 and written again as UTF-8."""

_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"})
"""In all of them the bytes of tags are ASCII's: nothing can be written in one that reads as a tag in another."""

_MAGIC = {
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP/XLSX",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
}


def parse(data: bytes) -> Element:
    """The root element without comments and processing instructions; raises ReadError."""
    text = _without_marks(data)
    _refuse_what_is_not_xml(text)
    _refuse_document_types(text)
    _refuse_excess(text)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise explain_syntax(error) from error
    found = root.getroottree().docinfo
    if found.doctype:
        raise _document_type()
    if found.encoding and found.encoding.lower() not in _ENCODINGS:
        raise _encoding(found.encoding)
    return root


def _without_marks(data: bytes) -> bytes:
    """What follows byte order marks and blanks, in any order and number, as programs that join files leave them."""
    opening = _OPENING.match(data)
    return data[opening.end() :] if opening else data


def _refuse_what_is_not_xml(text: bytes) -> None:
    if not text:
        raise ReadError("empty", "O arquivo está vazio.", "The file is empty.")
    if len(text) > MAX_BYTES:
        raise ReadError("too-large", "O arquivo passa de 32 MB.", "The file is over 32 MB.")
    kind = next((name for magic, name in _MAGIC.items() if text.startswith(magic)), None)
    if kind:
        raise ReadError("not-xml", f"O arquivo é {kind}, não XML.", f"The file is {kind}, not XML.")
    if b"\0" in text[:4] or text[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise ReadError(
            "encoding",
            "O arquivo está em UTF-16 ou UTF-32; um documento fiscal é UTF-8.",
            "The file is UTF-16 or UTF-32; a fiscal document is UTF-8.",
        )
    if not text.startswith(b"<"):
        raise ReadError("not-xml", "O conteúdo do arquivo não é XML.", "The content of the file is not XML.")


def _refuse_document_types(text: bytes) -> None:
    declared = _DECLARED.match(text)
    if declared and (name := declared[1].decode("ascii")).lower() not in _ENCODINGS:
        raise _encoding(name)
    # a lone byte is found many times faster, and this one is rare
    if b"!" in text and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
        raise _document_type()


def _refuse_excess(text: bytes) -> None:
    try:
        check_markup(text)
    except MarkupExcessError as error:
        raise ReadError("too-large", error.message_pt, error.message_en) from error


def _encoding(name: str) -> ReadError:
    """What the parser found decides, wherever in the declaration it stood: another reader may find another document."""
    name = name[:40]
    return ReadError(
        "encoding",
        f"A codificação declarada, {name}, não se usa em documentos fiscais e pode esconder outra nota.",
        f"The declared encoding, {name}, is not one of fiscal documents, and may hide another note.",
    )


def _document_type() -> ReadError:
    return ReadError(
        "doctype",
        "O arquivo traz DOCTYPE ou entidades, que um documento fiscal não usa: recusado sem expandir.",
        "The file holds a DOCTYPE or entities, which no fiscal document uses: refused without expanding.",
    )
