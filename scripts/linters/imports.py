"""Imports that import-linter cannot judge: private modules of other packages, repositories behind a service."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.linters.names import SLICES
from scripts.linters.source import Finding, SourceFile

_OUTER = frozenset({"routes", "tasks"})
_ENGINE = "malha.jobs."


def check(source: SourceFile) -> Iterator[Finding]:
    """Report `private-import`, which may be allowed, `repository-import` and `engine-import`."""
    if not source.is_python or not source.path.startswith("src/malha/"):
        return
    for node in source.nodes:
        if not isinstance(node, ast.ImportFrom) or not node.module or not node.module.startswith("malha."):
            continue
        if _is_private(source.pure, node.module) and not source.allows("private-import", node.lineno):
            message = f"private-import: {node.module} is its package's own; have the package export what you need"
            yield Finding(source.path, node.lineno, message)
        if source.pure.parts[2] in SLICES and _OUTER & set(_package_of(source.pure)) and "repository" in _names(node):
            message = "repository-import: routes and tasks ask their service, which asks the repository"
            yield Finding(source.path, node.lineno, message)
        if node.module.startswith(_ENGINE) and source.pure.parts[2] in SLICES:
            yield Finding(source.path, node.lineno, "engine-import: what a slice needs of the engine is in malha.jobs")


def _package_of(path: PurePosixPath) -> tuple[str, ...]:
    """`malha.audits.routes` of `src/malha/audits/routes.py` and of `src/malha/audits/routes/_page.py`."""
    return (*path.parts[1:-1], path.stem)


def _is_private(path: PurePosixPath, module: str) -> bool:
    """Whether a `_name` of another package than the importing one, or those it stands in, is meant."""
    parts = module.split(".")
    private = next((place for place, part in enumerate(parts) if part.startswith("_") and part != "__main__"), None)
    return private is not None and path.parts[1 : private + 1] != tuple(parts[:private])


def _names(node: ast.ImportFrom) -> set[str]:
    module = (node.module or "").split(".")
    return {*module[2:3], *(alias.name for alias in node.names if len(module) == 2)}
