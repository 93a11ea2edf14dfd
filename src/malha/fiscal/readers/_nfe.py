"""NF-e and NFC-e in their envelopes."""

from __future__ import annotations

from malha.fiscal.documents import Document, Note, ReadError, Source
from malha.fiscal.tree import Element, Group, local_name

MAX_NOTES_IN_A_BATCH = 50
MAX_ITEMS = 990


def read_nfe(root: Element, group: Group, source: Source) -> list[Document]:
    """`NFe` without protocol."""
    return [_note(root, group, source, None)]


def read_nfe_proc(root: Element, group: Group, source: Source) -> list[Document]:
    """`nfeProc`: one `NFe` and its `protNFe`."""
    elements = elements_called(root, "NFe")
    if len(elements) != 1:
        raise ReadError(
            "incomplete",
            f"O nfeProc deve conter uma NFe; contém {len(elements)}.",
            f"An nfeProc holds one NFe; this one holds {len(elements)}.",
        )
    protocol = group.group("protNFe").group("infProt")
    return [_note(elements[0], group.group("NFe"), source, protocol or None)]


def read_envi_nfe(root: Element, group: Group, source: Source) -> list[Document]:
    """`enviNFe`: a batch of 1 to 50 notes, not yet authorised."""
    elements = elements_called(root, "NFe")
    if not 1 <= len(elements) <= MAX_NOTES_IN_A_BATCH:
        raise ReadError(
            "incomplete",
            f"Um lote enviNFe tem de 1 a {MAX_NOTES_IN_A_BATCH} notas; este tem {len(elements)}.",
            f"An enviNFe batch has 1 to {MAX_NOTES_IN_A_BATCH} notes; this one has {len(elements)}.",
        )
    return [_note(one, two, source, None) for one, two in zip(elements, group.groups("NFe"), strict=True)]


def elements_called(parent: Element, tag: str) -> list[Element]:
    """The children with this local name."""
    return [child for child in parent if local_name(child.tag) == tag]


def _note(element: Element, group: Group, source: Source, protocol: Group | None) -> Note:
    info = group.group("infNFe")
    missing = [tag for tag in ("ide", "emit") if not info.group(tag)]
    if missing:
        what = f"infNFe/{missing[0]}" if info else "infNFe"
        raise ReadError("incomplete", f"A NF-e não tem o grupo {what}.", f"The NF-e has no {what} group.")
    count = len(info.groups("det"))
    if count > MAX_ITEMS:
        raise ReadError(
            "too-large",
            f"Uma NF-e tem no máximo {MAX_ITEMS} itens; esta tem {count}.",
            f"An NF-e has at most {MAX_ITEMS} items; this one has {count}.",
        )
    return Note(group, source, element=element, protocol=protocol)
