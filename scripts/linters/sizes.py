"""Files and functions stay below the house's limits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

LONGEST_FILE = 400
LONGEST_TEST_FILE = 600
LONGEST_FUNCTION = 60
_CODE_SUFFIXES = frozenset({".py", ".ts", ".tsx", ".js", ".sh"})


def check(source: SourceFile) -> Iterator[Finding]:
    """Report what is over a limit; `long-file` and `long-function` may be allowed."""
    if source.is_migration:
        return
    if source.is_python or source.pure.suffix in _CODE_SUFFIXES:
        yield from _check_file(source)
    if source.is_python:
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _check_function(source, node)


def _check_file(source: SourceFile) -> Iterator[Finding]:
    limit = LONGEST_TEST_FILE if source.is_test else LONGEST_FILE
    if len(source.lines) > limit and not source.allows_in_file("long-file"):
        yield Finding(source.path, 1, f"long-file: {len(source.lines)} lines, the limit is {limit}")


def _check_function(source: SourceFile, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > LONGEST_FUNCTION and not source.allows("long-function", node.lineno):
        message = f"long-function: {node.name} has {length} lines, the limit is {LONGEST_FUNCTION}"
        yield Finding(source.path, node.lineno, message)
