"""Files to documents: `read` looks at the root element and hands over to the reader of that layout."""

from __future__ import annotations

from malha.fiscal.documents import Document, ReadError, Source, Unreadable
from malha.fiscal.readers._nfe import READERS
from malha.fiscal.readers._parse import parse
from malha.fiscal.readers._unsupported import refuse
from malha.fiscal.tree import build, local_name


def read(data: bytes, name: str) -> list[Document]:
    """Every document in one XML file, never an empty list; raises ReadError, which says what the file is."""
    root = parse(data, name)
    reader = READERS.get(local_name(str(root.tag)))
    if reader is None:
        raise refuse(root)
    documents = reader(root, build(root), Source(name, data, root))
    if not documents:
        raise ReadError("incomplete", "O envelope não contém nenhum documento.", "The envelope holds no document.")
    return documents


def read_or_explain(data: bytes, name: str) -> list[Document]:
    """As `read`, with an `Unreadable` in place of the error, so that a bad file keeps its place in the report."""
    try:
        return read(data, name)
    except ReadError as error:
        return [Unreadable(Source(name, data), error)]
