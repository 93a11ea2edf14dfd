"""What happens to documents after signing: changed values, re-indentation, lost or doubled signatures."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from malha.simulators.nfe import xml
from malha.simulators.nfe.xml import DSIG, NFE, Element


def changed(data: bytes, path: str, value: str) -> bytes:
    """``data`` with one value changed and its signature left alone; ``path`` starts at infNFe or infEvento."""
    root = etree.fromstring(data)
    xml.write(_signed(root), path, value)
    return _bytes(root)


def reindented(data: bytes) -> bytes:
    """Pretty-printed by a viewer: content intact, digest broken."""
    return etree.tostring(etree.fromstring(data), encoding="UTF-8", xml_declaration=True, pretty_print=True)


def without_signature(data: bytes) -> bytes:
    root = etree.fromstring(data)
    for signature in root.findall(f".//{{{DSIG}}}Signature"):
        parent = signature.getparent()
        if parent is not None:
            parent.remove(signature)
    return _bytes(root)


def with_signature_text(data: bytes, tag: str, value: str) -> bytes:
    """Replace the text of one element of the first Signature, such as DigestValue or SignatureValue."""
    root = etree.fromstring(data)
    found = root.find(f".//{{{DSIG}}}{tag}")
    if found is None:
        raise LookupError(tag)
    found.text = value
    return _bytes(root)


def with_prefix(data: bytes) -> bytes:
    """The same elements under a namespace prefix, which SEFAZ refuses (404)."""
    root = etree.fromstring(data)
    copy = etree.Element(root.tag, dict(root.attrib), nsmap={"n": NFE})
    _copy_children(root, copy)
    return _bytes(copy)


def wrapped(data: bytes, path: str, value: str) -> bytes:
    """Signature wrapping: a changed infNFe with the same Id put before the signed one."""
    root = etree.fromstring(data)
    original = _signed(root)
    forged = deepcopy(original)
    xml.write(forged, path, value)
    original.addprevious(forged)
    return _bytes(root)


def with_byte_order_mark(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def _signed(root: Element) -> Element:
    for tag in ("infNFe", "infEvento"):
        found = root.find(f".//{{{NFE}}}{tag}")
        if found is not None:
            return found
    raise LookupError("neither infNFe nor infEvento")


def _copy_children(source: Element, target: Element) -> None:
    target.text = source.text
    for child in source:
        if etree.QName(child).namespace == NFE:
            _copy_children(child, etree.SubElement(target, child.tag, dict(child.attrib)))
        else:
            target.append(deepcopy(child))


def _bytes(root: Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
