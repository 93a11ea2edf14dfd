"""Transactions are committed at the edge: by the request, the part, or the block of `Database.session`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

EDGES = ("src/malha/db/", "src/malha/jobs/unit_of_work.py", "src/malha/jobs/runner.py")
"""Sessions commit in the first two; the runner commits the unit of work of a message."""


def check(source: SourceFile) -> Iterator[Finding]:
    """Report commits elsewhere; `commit` may be allowed."""
    if not source.is_python or not source.path.startswith("src/malha/") or source.path.startswith(EDGES):
        return
    for node in source.nodes:
        is_commit = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        if isinstance(node, ast.expr) and is_commit and not source.allows("commit", node.lineno):
            yield Finding(source.path, node.lineno, "commit: the edge commits, when the route or the part has returned")
