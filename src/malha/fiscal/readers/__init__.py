"""Files to documents: `read` looks at the root element and hands over to the reader of that layout."""

from __future__ import annotations

from collections.abc import Callable

from malha.fiscal.documents import Document, ReadError, Source, Unreadable
from malha.fiscal.readers import _events, _nfe
from malha.fiscal.readers._held import Envelope
from malha.fiscal.readers._kinds import foreign_kind, refuse
from malha.fiscal.readers._parse import parse
from malha.fiscal.tree import Element, Group, local_name

_READERS: dict[str, Callable[[Element, Group, Source], list[Document]]] = {
    "NFe": _nfe.read_nfe,
    "enviNFe": _nfe.read_envi_nfe,
    "envEvento": _events.read_env_event,
    "evento": _events.read_event,
    "inutNFe": _events.read_inutilization,
    "nfeProc": _events.read_nfe_proc,
    "procCancNFe": _events.read_cancellation,
    "procEventoNFe": _events.read_proc_event,
    "procInutNFe": _events.read_inutilization,
    "protNFe": _events.read_prot_nfe,
    "resEvento": _events.read_res_event,
    "resNFe": _events.read_res_nfe,
    "retCancNFe": _events.read_cancellation,
    "retConsReciNFe": _events.read_answer,
    "retConsSitNFe": _events.read_answer,
    "retEnvEvento": _events.read_ret_env_event,
    "retEnviNFe": _events.read_answer,
    "retEvento": _events.read_ret_event,
    "retInutNFe": _events.read_inutilization,
}


def read(data: bytes, name: str) -> list[Document]:
    """Every document in one XML file, never an empty list; raises ReadError, which says what the file is.

    Documents are found in envelopes too: SOAP, roots of a program's own, text that is XML, zipped distributions. There
    one that cannot be read stands as `Unreadable` among the others.
    """
    return _read(Source(name, data))


def read_or_explain(data: bytes, name: str) -> list[Document]:
    """As `read`, with an `Unreadable` in place of the error, so that a bad file keeps its place in the report."""
    source = Source(name, data)
    try:
        return _read(source)
    except ReadError as error:
        return [Unreadable(source, error)]


def _read(source: Source) -> list[Document]:
    root = source.root = parse(source.data)
    if foreign_kind(root):
        raise refuse(root)
    if _is_document(local_name(root.tag)):
        return _read_element(root, source)
    documents = Envelope(source, _is_document, _read_element).documents(root)
    if not documents:
        raise refuse(root)
    return documents


def _is_document(tag: str) -> bool:
    return tag in _READERS


def _read_element(element: Element, source: Source) -> list[Document]:
    tag = local_name(element.tag)
    documents = _READERS[tag](element, Group.of(element), source)
    if not documents:
        raise ReadError("incomplete", f"O <{tag}> não contém nenhum documento.", f"The <{tag}> holds no document.")
    return documents
