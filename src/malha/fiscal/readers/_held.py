"""Documents inside something else: SOAP envelopes, roots of a program's own, XML told as text, zipped distribution."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator

from malha.fiscal.documents import Document, ReadError, Source, Unreadable
from malha.fiscal.readers._kinds import foreign_kind, refuse
from malha.fiscal.readers._parse import MAX_BYTES, parse
from malha.fiscal.signature import NFE
from malha.fiscal.tree import Element, local_name

MAX_DOCUMENTS = 10_000
MAX_NESTING = 3
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NAMED_ANYWHERE = frozenset({"NFe", "nfeProc"})

Read = Callable[[Element, Source], list[Document]]


class Envelope:
    """What one file holds besides its own root; `is_document` and `read` are those of the readers."""

    def __init__(self, source: Source, is_document: Callable[[str], bool], read: Read) -> None:
        self._is_document = is_document
        self._read = read
        self._source = source
        self._room_bytes = 2 * MAX_BYTES

    def documents(self, root: Element) -> list[Document]:
        """Every document below ``root`` in the order of the file; empty when none is of a kind that is audited.

        A document of another kind, or one that cannot be read, takes its place as `Unreadable`.
        """
        found: list[Document] = []
        for document in self._held(root, self._source, MAX_NESTING):
            found.append(document)
            if len(found) > MAX_DOCUMENTS:
                raise ReadError(
                    "too-large",
                    f"O arquivo contém mais de {MAX_DOCUMENTS} documentos.",
                    f"The file holds more than {MAX_DOCUMENTS} documents.",
                )
        return [] if all(isinstance(one, Unreadable) and one.is_unsupported for one in found) else found

    def _held(self, root: Element, source: Source, nesting: int) -> Iterator[Document]:
        waiting = list(root)[::-1]
        while waiting:
            element = waiting.pop()
            if foreign_kind(element):
                yield Unreadable(source, refuse(element))
            elif self._is_held_document(element):
                yield from self._explained(element, source)
            elif len(element):
                waiting.extend(list(element)[::-1])
            elif nesting and (data := self._inner(element)):
                yield from self._unwrapped(data, source, nesting - 1)

    def _is_held_document(self, element: Element) -> bool:
        tag = local_name(element.tag)
        if not self._is_document(tag):
            return False
        return element.tag == f"{{{NFE}}}{tag}" or (tag == element.tag and tag in _NAMED_ANYWHERE)

    def _explained(self, element: Element, source: Source) -> list[Document]:
        try:
            return self._read(element, source)
        except ReadError as error:
            return [Unreadable(source, error)]

    def _unwrapped(self, data: bytes, outer: Source, nesting: int) -> Iterator[Document]:
        source = Source(outer.name, data, outer=outer)
        try:
            root = source.root = parse(data)
        except ReadError as error:
            yield Unreadable(source, error)
            return
        if foreign_kind(root):
            yield Unreadable(source, refuse(root))
        elif self._is_document(local_name(root.tag)):
            yield from self._explained(root, source)
        else:
            yield from self._held(root, source, nesting)

    def _inner(self, element: Element) -> bytes | None:
        """The XML that a leaf carries: as escaped text or CDATA, or zipped in a `docZip`."""
        text = element.text or ""
        if local_name(element.tag) == "docZip":
            data = _unzipped(text, self._room_bytes)
        elif text.lstrip().startswith("<") and text.rstrip().endswith(">"):
            data = _DECLARATION.sub("", text).encode()
        else:
            return None
        self._room_bytes -= len(data)
        if self._room_bytes <= 0:
            raise ReadError(
                "too-large", "O arquivo traz documentos demais dentro dele.", "The file holds too much within itself."
            )
        return data


def _unzipped(text: str, room_bytes: int) -> bytes:
    """The content of a `docZip` (gzip in base64), at most ``room_bytes``; what cannot be unzipped is no XML."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(base64.b64decode(text), room_bytes)
    except (zlib.error, ValueError, binascii.Error):
        return b"\0"
