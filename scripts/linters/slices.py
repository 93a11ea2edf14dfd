"""Slices meet through each other's service and share pure types of rules: everything else is a slice's own affair."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.linters.names import SLICES
from scripts.linters.source import Finding, SourceFile

# Everybody is somebody: identity's policy is how any route learns who asks.
_OPEN_TO_ALL = frozenset({"service", "errors", "rules"})
_SHARED_SLICES = frozenset({"identity"})


def check(source: SourceFile) -> Iterator[Finding]:
    """Report imports of another slice's insides."""
    own = _slice_of(source)
    if own is None or not source.is_python:
        return
    for node in source.nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for slice_name, part in filter(None, map(_inside_of_slice, _imported(node))):
            if slice_name not in {own, *_SHARED_SLICES} and part not in _OPEN_TO_ALL:
                message = f"foreign-slice: {own} may use the service and the rules of malha.{slice_name}, not .{part}"
                yield Finding(source.path, node.lineno, message)


def _slice_of(source: SourceFile) -> str | None:
    parts = source.pure.parts
    return parts[2] if parts[:2] == ("src", "malha") and len(parts) > 3 and parts[2] in SLICES else None


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules that a statement may import; of `from package import name` also `package.name`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and node.level == 0:
        if node.module.count(".") > 1:
            yield node.module
        else:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _inside_of_slice(name: str) -> tuple[str, str] | None:
    parts = name.split(".")
    return (parts[1], parts[2]) if parts[0] == "malha" and len(parts) > 2 and parts[1] in SLICES else None
