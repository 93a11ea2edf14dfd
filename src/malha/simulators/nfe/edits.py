"""Edits recorded on a builder and made on the finished elements before they are signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from malha.simulators.nfe import xml
from malha.simulators.nfe.xml import Element

_Edit = Callable[[Element, str], None]


class EditableDocument:
    """Paths are relative to the signed element unless their first step names the receipt (``protNFe``, ``retEvento``).

    Items count from 1 (``det[2]/prod/vProd``), ``*`` matches any one step, and a leaf may be an ``@attribute``.
    """

    receipt = ""

    def __init__(self) -> None:
        self._edits: list[tuple[str, str, _Edit]] = []

    def set(self, path: str, value: str) -> Self:
        """Write a leaf; one that is absent is created where the 4.00 layout wants it."""
        return self._record(path, lambda root, rest: xml.write(root, rest, value))

    def add(self, path: str, markup: str) -> Self:
        """Insert elements under ``path`` ("." for the signed element) where the layout wants them."""
        return self._record(path, lambda root, rest: xml.insert(root, rest, markup))

    def remove(self, path: str) -> Self:
        """Remove every match of ``path``; LookupError when the document is built and there is none."""
        return self._record(path, xml.delete)

    def replace(self, path: str, markup: str) -> Self:
        """Exchange the element at ``path`` for others."""
        return self.remove(path).add(path.rpartition("/")[0] or ".", markup)

    def _record(self, path: str, action: _Edit) -> Self:
        first, _, rest = path.partition("/")
        target, inner = (self.receipt, rest) if first == self.receipt else ("", path)
        self._edits.append((target, inner, action))
        return self

    def _edited(self, root: Element, target: str = "") -> Element:
        for wanted, path, action in self._edits:
            if wanted == target:
                action(root, path)
        return root
