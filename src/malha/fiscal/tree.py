"""XML elements as fast groups of Brazilian layouts: looked up by local tag name, never raising on absence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from lxml import etree

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,12})?", re.ASCII)
_LONGEST_NUMBER = 40
_MOST_AMOUNTS = 1 << 15
_MOST_NAMES = 4096
_ALWAYS_INDEXED = frozenset({"det"})
ZERO = Decimal(0)


class IllegibleAmountError(ValueError):
    """Something that is no number stands where the layout has one: whoever needs the number cannot judge."""


Node: TypeAlias = "str | Group"
"""A leaf's text, or a group."""

Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  lxml's own name


class _Amounts(dict[str, Decimal | None]):
    """Numbers by their text: a note repeats the same few, and its rules ask for each of them many times."""

    def __missing__(self, text: str) -> Decimal | None:
        if len(text) > _LONGEST_NUMBER:
            return None
        if len(self) >= _MOST_AMOUNTS:
            self.clear()
        amount = self[text] = Decimal(text) if _NUMBER.fullmatch(text) else None
        return amount


_amounts = _Amounts()


def parse_amount(text: str) -> Decimal | None:
    """The number in plain layout notation (dot, no exponent, no thousands separator); None for anything else."""
    return _amounts[text]


class _LocalNames(dict[str, str]):
    """Tags without their namespaces. A dict, because every element read looks its tag up."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < _MOST_NAMES:  # the layouts have some 1,500; a hostile file may have any number
            self[tag] = name
        return name


_local_names = _LocalNames()


def local_name(tag: str) -> str:
    """``{namespace}xNome`` without its namespace."""
    return _local_names[tag]


class Group(dict[str, "Node | list[Node]"]):
    """One XML element that has child elements, as read: its children by local tag name, in file order.

    An absent group is the shared empty `ABSENT`, which is false, so that lookups chain:
    ``note.dest.group("enderDest").text("UF")``. An element without child elements is a leaf: its parent holds its text,
    and its attributes are left out. It is a dict for speed; read it with the methods.
    """

    __slots__ = ("element", "tag")

    tag: str
    element: Element | None

    @classmethod
    def new(cls, tag: str, element: Element | None) -> Group:
        """An empty group. No `__init__`, which would take longer than all the rest: a note has hundreds of groups."""
        group = cls()
        group.tag = tag
        group.element = element
        return group

    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType] - groups are told apart by identity
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
        text = self.get(tag)
        return _amounts[text] if type(text) is str else None

    def amount_or_zero(self, tag: str) -> Decimal:
        """The leaf as a number, zero when absent or empty; raises `IllegibleAmountError` when it is anything else."""
        text = self.get(tag)
        if not text:
            return ZERO
        amount = _amounts[text] if type(text) is str else None
        if amount is None:
            raise IllegibleAmountError(tag)
        return amount

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
        names = _local_names
        top = group = opened = cls.new(names[root.tag], root)
        left = len(root)
        above: list[tuple[Group, int]] = []
        elements = root.iter()
        next(elements)
        for element in elements:
            left -= 1
            tag = names[element.tag]
            below = len(element)
            node: Node
            if below:
                node = opened = cls()
                opened.tag = tag
                opened.element = element
            else:
                node = element.text or ""
            if tag not in group:
                group[tag] = node
            else:
                _repeat(group, tag, node)
            if below:
                above.append((group, left))
                group, left = opened, below
            elif not left:
                while above and not left:
                    group, left = above.pop()
        return top


def _repeat(group: Group, tag: str, node: Node) -> None:
    present = group[tag]
    if isinstance(present, list):
        present.append(node)
    else:
        group[tag] = [present, node]


ABSENT = Group.new("", None)


class Place(NamedTuple):
    """Where something stands in a file whose tree is not at hand; ``n_item`` of the item that it is in."""

    path: str
    n_item: int | None = None


class Paths:
    """Paths of elements by local names, with an index where siblings share the name.

    The siblings of an element are counted once for all of them: a hostile note repeats an element 200,000 times, and
    has something wrong in each. The tree must stay as it is.
    """

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: dict[Element, str] = {}

    def of(self, element: Element | None) -> str:
        """From the root down; empty for no element."""
        path = ""
        while element is not None:
            step = self._steps.get(element)
            if step is None:
                self._count_siblings(element)
                step = self._steps[element]
            path = f"{step}{path}"
            element = element.getparent()
        return path

    def _count_siblings(self, element: Element) -> None:
        parent = element.getparent()
        siblings = [element] if parent is None else list(parent)
        totals, before = Counter(sibling.tag for sibling in siblings), Counter[str]()
        for sibling in siblings:
            tag = local_name(sibling.tag)
            before[sibling.tag] += 1
            is_indexed = tag in _ALWAYS_INDEXED or totals[sibling.tag] > 1
            self._steps[sibling] = f"/{tag}[{before[sibling.tag]}]" if is_indexed else f"/{tag}"


def path_of(element: Element | None) -> str:
    """The path of an element that is asked for alone."""
    return Paths().of(element)
