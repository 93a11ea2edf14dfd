"""Hardened XML parsing: no document type, no entities, no network, bounded depth and size."""

from __future__ import annotations

from lxml import etree

from malha.fiscal.documents import ReadError
from malha.fiscal.tree import Element

MAX_BYTES = 32 * 1024 * 1024


def parse(data: bytes, name: str) -> Element:
    """The root element without comments and processing instructions; raises ReadError."""
    if not data.strip():
        raise ReadError("empty", f"O arquivo {name} está vazio.", f"The file {name} is empty.")
    if len(data) > MAX_BYTES:
        raise ReadError("too-large", "O arquivo passa de 32 MB.", "The file is over 32 MB.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ReadError(
            "doctype",
            "O arquivo traz DOCTYPE ou entidades, que um documento fiscal não usa: recusado sem expandir.",
            "The file holds a DOCTYPE or entities, which no fiscal document uses: refused without expanding.",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ReadError(
            "malformed", f"O XML está malformado: {error.msg}.", f"The XML is malformed: {error.msg}."
        ) from error
