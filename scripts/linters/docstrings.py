"""Every module opens with one line that says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile


def check(source: SourceFile) -> Iterator[Finding]:
    """Report a module without a docstring, or with one that does not begin with a line of its own."""
    if not source.is_python or source.is_migration or not source.text.strip():
        return
    docstring = ast.get_docstring(source.tree)
    if not docstring:
        yield Finding(source.path, 1, "module-docstring: say in one line what the module is for")
        return
    first, _, rest = docstring.partition("\n")
    if rest and rest.split("\n", 1)[0].strip():
        yield Finding(source.path, 1, "module-docstring: the first line is one whole sentence")
    elif not first.rstrip().endswith((".", "?", "!", "`")):
        yield Finding(source.path, 1, "module-docstring: the first line ends like a sentence")
