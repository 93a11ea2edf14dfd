"""A tracked file as the checks see it, what they report, and the comments that grant an exception."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

_EXCEPTION = re.compile(r"#\s*allow-(?P<rule>[a-z-]+)(?::\s*(?P<reason>\S.*))?")
SHORTEST_REASON = 10
FILE_COMMENT_LINES = 20


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place that breaks a house rule; `line` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class SourceFile:
    """A text file by its path from the project's root, with `/` between the parts."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.splitlines()

    @cached_property
    def pure(self) -> PurePosixPath:
        """The path, to take apart."""
        return PurePosixPath(self.path)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a Python file; SyntaxError when it has none."""
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, walked once for all checks."""
        return list(ast.walk(self.tree))

    @property
    def is_python(self) -> bool:
        """Also true for a script without suffix that names Python in its first line."""
        first = self.lines[0] if self.lines else ""
        return self.pure.suffix == ".py" or (not self.pure.suffix and first.startswith("#!") and "python" in first)

    @property
    def is_test(self) -> bool:
        """True below `tests/`."""
        return self.path.startswith("tests/")

    @property
    def is_migration(self) -> bool:
        """True for Alembic's revisions, which are partly generated and never grow."""
        return self.path.startswith("src/malha/db/migrations/versions/")

    def allows(self, rule: str, line: int) -> bool:
        """Whether `# allow-<rule>: <reason>` stands on the line or on the one above it."""
        return any(self._grants(rule, number) for number in (line, line - 1))

    def allows_in_file(self, rule: str) -> bool:
        """Whether the exception stands among the file's first lines and so holds for all of it."""
        return any(self._grants(rule, number) for number in range(1, FILE_COMMENT_LINES + 1))

    def _grants(self, rule: str, line: int) -> bool:
        if not 1 <= line <= len(self.lines):
            return False
        found = _EXCEPTION.search(self.lines[line - 1])
        return bool(found and found["rule"] == rule and len(found["reason"] or "") >= SHORTEST_REASON)


def read_source(root: Path, path: str) -> SourceFile | None:
    """The file, or None for one that is gone, a link, or not text."""
    full = root / path
    if full.is_symlink() or not full.is_file():
        return None
    data = full.read_bytes()
    if b"\0" in data[:8192]:
        return None
    try:
        return SourceFile(path, data.decode())
    except UnicodeDecodeError:
        return None
