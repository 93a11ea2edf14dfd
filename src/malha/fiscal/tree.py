"""XML elements as fast groups of Brazilian layouts: looked up by local tag name, never raising on absence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from lxml import etree

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,12})?", re.ASCII)
_LONGEST_NUMBER = 40
_ALWAYS_INDEXED = frozenset({"det"})
ZERO = Decimal(0)
_UNREAD: Any = object()

Node: TypeAlias = "str | Group"
"""A leaf's text, or a group."""

Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  lxml's own name


def parse_amount(text: str) -> Decimal | None:
    """The number in plain layout notation (dot, no exponent, no thousands separator); None for anything else."""
    return _parsed(text) if len(text) <= _LONGEST_NUMBER else None


@lru_cache(maxsize=1 << 15)
def _parsed(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=2048)
def local_name(tag: str) -> str:
    """``{namespace}xNome`` without its namespace."""
    return tag.rpartition("}")[2]


class Group(dict[str, "Node | list[Node]"]):
    """One XML element that has child elements, as read: its children by local tag name, in file order.

    An absent group is the shared empty `ABSENT`, which is false, so that lookups chain:
    ``note.dest.group("enderDest").text("UF")``. An element without child elements is a leaf: its parent holds its text,
    and its attributes are left out. It is a dict for speed; read it with the methods.
    """

    __slots__ = ("_amounts", "element", "tag")

    def __init__(self, tag: str, element: Element | None) -> None:
        self.tag = tag
        self.element = element
        self._amounts: dict[str, Decimal | None] = {}

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]  groups are told apart by identity
    __eq__ = object.__eq__

    def __repr__(self) -> str:
        return f"<Group {self.xpath()}>"

    def text(self, tag: str) -> str | None:
        """The first leaf ``tag``'s text as in the file ("" when empty); None when absent or when it is a group."""
        node = self.get(tag)
        if node is None or type(node) is str:
            return node
        return next(iter(self.texts(tag)), None)

    def texts(self, tag: str) -> list[str]:
        """The texts of every leaf ``tag``."""
        return [node for node in self._all(tag) if type(node) is str]

    def amount(self, tag: str) -> Decimal | None:
        """The leaf as a number; None when absent or not a number (which the schema check reports)."""
        amount = self._amounts.get(tag, _UNREAD)
        if amount is _UNREAD:
            text = self.get(tag)
            amount = self._amounts[tag] = parse_amount(text) if type(text) is str else None
        return amount

    def amount_or_zero(self, tag: str) -> Decimal:
        """The leaf as a number, zero when absent or not a number."""
        return self.amount(tag) or ZERO

    def group(self, tag: str) -> Group:
        """The first child group ``tag``, or the absent one."""
        node = self.get(tag)
        if node is None:
            return ABSENT
        if type(node) is Group:
            return node
        return next(iter(self.groups(tag)), ABSENT)

    def groups(self, tag: str) -> list[Group]:
        """Every child group ``tag``, also when there is a single one."""
        return [node for node in self._all(tag) if type(node) is Group]

    def only(self) -> Group:
        """The first child that is a group, whatever its tag (ICMS -> ICMS00), or the absent one."""
        for node in self.values():
            if type(node) is Group:
                return node
        return next(self.children(), ABSENT)

    def children(self) -> Iterator[Group]:
        """Every child group, tags in order of their first appearance."""
        for tag in self:
            yield from self.groups(tag)

    def tags(self) -> list[str]:
        """The tags of the children, each once, in order of first appearance."""
        return list(self)

    def attr(self, name: str) -> str | None:
        """An attribute of this element."""
        return None if self.element is None else self.element.get(name)

    def xpath(self, tag: str | None = None) -> str:
        """The path of this element or of its child ``tag``: ``/nfeProc/NFe/infNFe/det[3]/prod/vProd``."""
        return path_of(self.element) + (f"/{tag}" if tag else "")

    def _all(self, tag: str) -> list[Node]:
        node = self.get(tag)
        if node is None:
            return []
        return node if isinstance(node, list) else [node]

    @classmethod
    def of(cls, root: Element) -> Group:
        """Walk ``root`` once, in document order; it must hold no comments and no processing instructions."""
        top = group = opened = cls(local_name(root.tag), root)
        left = len(root)
        above: list[tuple[Group, int]] = []
        elements = root.iter()
        next(elements)
        for element in elements:
            left -= 1
            tag = local_name(element.tag)
            below = len(element)
            node: Node
            if below:
                node = opened = cls(tag, element)
            else:
                node = element.text or ""
            if tag not in group:
                group[tag] = node
            else:
                group._repeat(tag, node)
            if below:
                above.append((group, left))
                group, left = opened, below
            elif not left:
                while above and not left:
                    group, left = above.pop()
        return top

    def _repeat(self, tag: str, node: Node) -> None:
        present = self[tag]
        if isinstance(present, list):
            present.append(node)
        else:
            self[tag] = [present, node]


ABSENT = Group("", None)


def path_of(element: Element | None) -> str:
    """The path of an element by local names, with an index where siblings share the name."""
    path = ""
    while element is not None:
        tag = local_name(element.tag)
        before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
        is_indexed = before or tag in _ALWAYS_INDEXED or next(element.itersiblings(element.tag), None) is not None
        path = f"/{tag}[{before + 1}]{path}" if is_indexed else f"/{tag}{path}"
        element = element.getparent()
    return path
