"""Nested fields to elements, and edits of elements addressed by a path such as ``det[2]/prod/vProd``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from lxml import etree

NFE = "http://www.portalfiscal.inf.br/nfe"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
DSIG = "http://www.w3.org/2000/09/xmldsig#"
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_LAYOUT_FILES = ("leiauteNFe_v4.00.xsd", "DFeTiposBasicos_v1.00.xsd")

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its element type no public name
Fields = dict[str, Any]
"""Children by tag in layout order: text, Decimal, nested Fields, a list for repeats, None to leave out."""


def qualified(path: str) -> str:
    """``det[2]/prod`` with every step in the NF-e namespace; ``*`` stays as it is."""
    return "/".join(step if step in {"*", "."} else f"{{{NFE}}}{step}" for step in path.split("/"))


def append(parent: Element, fields: Mapping[str, object]) -> None:
    """Write ``fields`` under ``parent``: None is left out, a list repeats, ``@name`` is an attribute."""
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            _append_one(parent, name, one)


def _append_one(parent: Element, name: str, value: object) -> None:
    if value is None:
        return
    if name.startswith("@"):
        parent.set(name[1:], str(value))
        return
    child = etree.SubElement(parent, f"{{{NFE}}}{name}")
    if isinstance(value, Mapping):
        append(child, value)
    else:
        child.text = format(value, "f") if isinstance(value, Decimal) else str(value)


def build(tag: str, fields: Mapping[str, object]) -> Element:
    root = etree.Element(f"{{{NFE}}}{tag}", nsmap={None: NFE})
    append(root, fields)
    return root


def fragment(root: Element) -> bytes:
    """The element as text that relies on its future parent for the namespace."""
    return etree.tostring(root, method="c14n").replace(f' xmlns="{NFE}"'.encode(), b"", 1)


def write(root: Element, path: str, value: str) -> None:
    """Set the text (or ``@attribute``) at ``path``; an absent last step is created where the layout wants it."""
    parent_path, _, leaf = path.rpartition("/")
    parent = root if not parent_path else locate(root, parent_path)
    if leaf.startswith("@"):
        parent.set(leaf[1:], value)
        return
    target = parent.find(qualified(leaf))
    if target is None:
        target = etree.Element(f"{{{NFE}}}{leaf}")
        place(parent, target)
    target.text = value


def locate(root: Element, path: str) -> Element:
    found = root.find(qualified(path))
    if found is None:
        raise LookupError(f"{etree.QName(root).localname} has no {path}")
    return found


def delete(root: Element, path: str) -> None:
    """Remove every element that ``path`` matches; LookupError when there is none."""
    found = root.findall(qualified(path))
    if not found:
        raise LookupError(f"{etree.QName(root).localname} has no {path}")
    for element in found:
        parent = element.getparent()
        assert parent is not None  # noqa: S101 - a path below the root always has one
        parent.remove(element)


def insert(root: Element, path: str, markup: str) -> None:
    """Put ``markup`` (namespace implied) under the element at ``path``, where the layout wants it."""
    parent = locate(root, path) if path not in {"", "."} else root
    wrapper = etree.fromstring(f'<x xmlns="{NFE}">{markup}</x>')
    for element in list(wrapper):
        place(parent, element)


def place(parent: Element, child: Element) -> None:
    """Insert ``child`` after the last sibling that the layout puts before or beside it."""
    order = child_order(etree.QName(parent).localname)
    rank = {name: position for position, name in enumerate(order)}
    mine = rank.get(etree.QName(child).localname, len(order))
    position = sum(1 for sibling in parent if rank.get(etree.QName(sibling).localname, len(order)) <= mine)
    parent.insert(position, child)


def child_order(tag: str) -> tuple[str, ...]:
    """The children of ``tag`` in the order of the 4.00 layout, choices and optionals included."""
    return _orders().get(tag, ())


@functools.cache
def _orders() -> dict[str, tuple[str, ...]]:
    package = find_spec("nfelib")  # found, not imported: its bindings take longer to load than all the rest
    if package is None or package.origin is None:
        raise RuntimeError("nfelib, whose XSD files give the order of elements, is not installed")
    folder = Path(package.origin).parent / "nfe" / "schemas" / "v4_0"
    roots = [etree.parse(str(folder / name)).getroot() for name in _LAYOUT_FILES]
    types = {kind.get("name"): kind for root in roots for kind in root.iter(f"{_XSD}complexType")}
    orders: dict[str, list[str]] = {}
    for root in roots:
        for element in root.iter(f"{_XSD}element"):
            kind = element.find(f"{_XSD}complexType")
            kind = kind if kind is not None else types.get((element.get("type") or "").rpartition(":")[2])
            if kind is not None:
                names = orders.setdefault(element.get("name") or "", [])
                names.extend(name for name in _direct_children(kind) if name not in names)
    return {tag: tuple(names) for tag, names in orders.items()}


def _direct_children(kind: Element) -> list[str]:
    names: list[str] = []
    for child in kind:
        if child.tag == f"{_XSD}element":
            names.append(child.get("name") or "Signature")
        elif child.tag in {f"{_XSD}sequence", f"{_XSD}choice"}:
            names.extend(_direct_children(child))
    return names
