"""What rules across documents need of a file, small enough to keep thousands of them.

It is the file's XML without what such rules never look at, so that reading it gives the file's documents in the same
order and with the same paths, and the outcome of their signatures, which could not be checked again. Rules across
documents may rely on keys, numbers, dates, parties, products, tax situation codes, ICMS rates, totals, events and
protocols.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

from lxml import etree

from malha.fiscal.documents import Document, Event, Note, Unreadable
from malha.fiscal.readers import read
from malha.fiscal.signature import Content, Seal, Verification, verification
from malha.fiscal.tree import Element, local_name

_DROPPED = frozenset(
    {"KeyInfo", "SignatureValue", "agropecuario", "autXML", "cana", "cobr", "compra", "entrega", "exporta",
     "impostoDevol", "infAdic", "infNFeSupl", "infRespTec", "pag", "retirada", "transp"}
)  # fmt: skip
_KEPT_TAXES = frozenset({"ICMS", "PIS", "COFINS"})
_KEPT_OF_TAXES = frozenset({"orig", "CST", "CSOSN", "pICMS"})


def make_skeleton(documents: Sequence[Document]) -> bytes | None:
    """All documents of one file, deflated; None when none of them could be read.

    The audit of the documents must be over: their tree is pruned in place.
    """
    root = documents[0].source.file.root
    if root is None or all(isinstance(document, Unreadable) for document in documents):
        return None
    signatures = [_note_signature(document) for document in documents]
    for element in list(root.iter()):
        tag = local_name(element.tag)
        if tag in _DROPPED:
            _remove(element)
        elif tag == "imposto":
            _keep_situation_codes(element)
    return zlib.compress(json.dumps(signatures).encode() + b"\n" + etree.tostring(root))


def read_skeleton(skeleton: bytes, *, name: str, sha256: str) -> list[Document]:
    """The documents of the file, whose name and fingerprint are those of the original."""
    header, _, xml = zlib.decompress(skeleton).partition(b"\n")
    documents = read(xml, name)
    documents[0].source.file.sha256 = sha256
    for document, noted in zip(documents, json.loads(header), strict=True):
        if noted is not None and isinstance(document, Note | Event):
            references, digest_value, content, seal, reason = noted
            document.verification = Verification(
                tuple(references), digest_value, Content(content), Seal(seal), reason=reason
            )
    return documents


def _note_signature(document: Document) -> list[object] | None:
    signed = verification(document) if isinstance(document, Note | Event) else None
    if signed is None:
        return None
    return [signed.references, signed.digest_value, signed.content.value, signed.seal.value, signed.reason]


def _keep_situation_codes(imposto: Element) -> None:
    for tax in list(imposto):
        if local_name(tax.tag) not in _KEPT_TAXES:
            imposto.remove(tax)
            continue
        for situation in tax:
            for field in list(situation):
                if local_name(field.tag) not in _KEPT_OF_TAXES:
                    situation.remove(field)


def _remove(element: Element) -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)
