"""Names of files: none that says nothing, and in a slice only the house's closed set."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

from malha import slices

EMPTY_WORDS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base2"})
SLICES = frozenset({"identity", *(package.removeprefix("malha.") for package in slices.SLICES)})
SLICE_FILES = frozenset(
    {
        "classifier", "client", "ddl", "errors", "events", "models", "policy",
        "repository", "routes", "rules", "schemas", "service", "settings", "tasks",
    }
)  # fmt: skip
_CODE_ROOTS = ("src/", "tests/", "scripts/", "benchmarks/")


def check(source: SourceFile) -> Iterator[Finding]:
    """Report a file whose name (or folder's name) breaks the rules; there is no exception to these."""
    if not source.path.startswith(_CODE_ROOTS):
        return
    for part in (*source.pure.parts[:-1], source.pure.stem):
        words = part.replace("-", "_").lower().split("_")
        if not EMPTY_WORDS.isdisjoint(words):
            yield Finding(source.path, 1, f"empty-name: {part!r} says nothing about what is inside")
    if source.is_python:
        yield from _check_slice(source)


PLAIN_PACKAGES = frozenset({"client", "repository", "rules", "schemas"})
"""Packages of plain modules, which are imported by name; the others stand behind their door."""


def _check_slice(source: SourceFile) -> Iterator[Finding]:
    parts = source.pure.parts
    if parts[:2] != ("src", "malha") or len(parts) < 4 or parts[2] not in SLICES:
        return
    inside = [*parts[3:-1], source.pure.stem]
    if inside[-1] == "__init__" and (len(inside) == 1 or inside[0] in SLICE_FILES):
        return
    if len(inside) == 1 and inside[0] in SLICE_FILES:
        return
    if len(inside) == 2 and inside[0] in SLICE_FILES and inside[1].startswith("_") is (inside[0] not in PLAIN_PACKAGES):
        return
    allowed, plain = ", ".join(sorted(SLICE_FILES)), ", ".join(sorted(PLAIN_PACKAGES))
    message = f"slice-file: a slice has only {allowed}, or packages of these: {plain} of noun.py, others of _noun.py"
    yield Finding(source.path, 1, message)
