"""NF-e and NFC-e in their envelopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from malha.fiscal.documents import Document, Note, ReadError, Source
from malha.fiscal.tree import Element, Group, local_name

Reader: TypeAlias = Callable[[Element, Group, Source], list[Document]]


def _note(element: Element, group: Group, source: Source, protocol: Group | None) -> Note:
    if not group.group("infNFe"):
        raise ReadError("incomplete", "A NF-e não tem o grupo infNFe.", "The NF-e has no infNFe group.")
    return Note(group, source, element=element, protocol=protocol)


def read_nfe(root: Element, group: Group, source: Source) -> list[Document]:
    """`NFe` without protocol."""
    return [_note(root, group, source, None)]


def read_nfe_proc(root: Element, group: Group, source: Source) -> list[Document]:
    """`nfeProc`: one `NFe` and its `protNFe`."""
    element = next((child for child in root if local_name(str(child.tag)) == "NFe"), None)
    if element is None:
        raise ReadError("incomplete", "O nfeProc não contém a NFe.", "The nfeProc holds no NFe.")
    protocol = group.group("protNFe").group("infProt")
    return [_note(element, group.group("NFe"), source, protocol or None)]


READERS: dict[str, Reader] = {"NFe": read_nfe, "nfeProc": read_nfe_proc}
