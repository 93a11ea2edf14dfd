"""Modules that import each other, even if one of them only does so for types."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from scripts.linters.source import Finding, SourceFile


def check(sources: Iterable[SourceFile]) -> Iterator[Finding]:
    """Report pairs of modules of which one imports the other only under TYPE_CHECKING; `type-cycle` may be allowed."""
    modules = {
        ".".join((*source.pure.parts[1:-1], source.pure.stem)).removesuffix(".__init__"): source
        for source in sources
        if source.is_python and source.path.startswith("src/malha/")
    }
    real = {name: set(_imports(source.tree, modules)) for name, source in modules.items()}
    for name, source in modules.items():
        for node in source.nodes:
            if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
                continue
            for other in _imports(node, modules):
                is_hidden = name in real[other] and other not in _outside(source.tree, node, modules)
                if is_hidden and not source.allows("type-cycle", node.lineno):
                    yield Finding(source.path, node.lineno, f"type-cycle: {other} imports this module, too")


def _imports(tree: ast.AST, modules: dict[str, SourceFile]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if name in modules or node.module in modules:
                    yield name if name in modules else node.module


def _outside(tree: ast.Module, guarded: ast.If, modules: dict[str, SourceFile]) -> set[str]:
    inside = set(ast.walk(guarded))
    rest = ast.Module([node for node in tree.body if node not in inside], [])
    return set(_imports(rest, modules))
