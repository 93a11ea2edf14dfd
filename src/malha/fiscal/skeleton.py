"""What rules across documents need of a file, small enough to keep thousands: its XML without taxes and certificates.

Such rules look at keys, numbers, dates, parties, products, events and protocols, never into `imposto`. Reading a
skeleton gives the documents of the whole file in the same order and with the same paths.
"""

from __future__ import annotations

import zlib

from lxml import etree

from malha.fiscal.documents import Document
from malha.fiscal.readers import read
from malha.fiscal.tree import Element, local_name

_DROPPED = frozenset({"imposto", "impostoDevol", "KeyInfo", "SignatureValue"})


def make_skeleton(root: Element) -> bytes:
    """Prune the tree in place (the audit of its documents must be over) and deflate what is left."""
    for element in list(root.iter()):
        above = element.getparent()
        if above is not None and local_name(element.tag) in _DROPPED:
            above.remove(element)
    return zlib.compress(etree.tostring(root))


def read_skeleton(skeleton: bytes, *, name: str, sha256: str) -> list[Document]:
    """The documents of the file, whose name and fingerprint are those of the original."""
    documents = read(zlib.decompress(skeleton), name)
    for document in documents:
        document.source.sha256 = sha256
    return documents
