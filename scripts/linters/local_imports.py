"""An import inside a function says in a comment why it does not stand at the top."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from scripts.linters.source import SHORTEST_REASON, Finding, SourceFile

_COMMENT = re.compile(r"#\s*(?!noqa\b|type:|pyright:)(?P<text>\S.*)$")


def check(source: SourceFile) -> Iterator[Finding]:
    """Report imports in functions without a reason on their line or above their group."""
    if not source.is_python:
        return
    functions = [node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines = {
        node.lineno
        for node in source.nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(function.lineno < node.lineno <= (function.end_lineno or 0) for function in functions)
    }
    for line in sorted(lines):
        if not _has_reason(source, line, lines):
            yield Finding(source.path, line, "local-import: an import inside a function needs its reason in a comment")


def _has_reason(source: SourceFile, line: int, imports: set[int]) -> bool:
    if _is_reason(source.lines[line - 1]):
        return True
    first = line
    while first - 1 in imports or (first > 1 and not source.lines[first - 2].strip()):
        first -= 1
    return first > 1 and source.lines[first - 2].lstrip().startswith("#") and _is_reason(source.lines[first - 2])


def _is_reason(text: str) -> bool:
    found = _COMMENT.search(text)
    return bool(found and len(found["text"]) >= SHORTEST_REASON)
