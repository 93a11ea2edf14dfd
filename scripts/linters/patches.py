"""Nothing is patched by a dotted string: such a test keeps passing when the name moves away."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

_PATCHERS = frozenset({"patch", "mock.patch", "mocker.patch", "unittest.mock.patch", "monkeypatch.setattr"})


def check(source: SourceFile) -> Iterator[Finding]:
    """Report `patch("a.b")` and `monkeypatch.setattr("a.b", ...)`."""
    if not source.is_python or "patch" not in source.text:
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _PATCHERS and _names_a_path(node):
            yield Finding(source.path, node.lineno, "string-patch: give the object a fake instead of patching its path")


def _names_a_path(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value
