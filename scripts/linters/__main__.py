"""Run every house linter: `python -m scripts.linters [PATH ...]` prints `path:line: message`, exits 1 on findings."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.linters import (
    cycles,
    dependencies,
    docstrings,
    edges,
    imports,
    local_imports,
    names,
    patches,
    reasons,
    sizes,
    slices,
    tenancy,
    traces,
)
from scripts.linters.source import Finding, SourceFile, read_source

ROOT = Path(__file__).resolve().parents[2]
CHECKS = tuple(
    module.check
    for module in (docstrings, edges, imports, local_imports, names, patches, reasons, sizes, slices, traces)
)


def list_files(root: Path) -> list[str]:
    """Every file that is tracked, or would be if it were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted(set(filter(None, listed.split("\0"))))


def lint(sources: Sequence[SourceFile]) -> list[Finding]:
    """The findings of all checks, by path and line."""
    tenants = tenancy.TenantTables.of(source for source in sources if not _syntax_error(source))
    alone = {finding for source in sources for finding in _lint_one(source, tenants)}
    sound = [source for source in sources if not _syntax_error(source)]
    return sorted({*alone, *cycles.check(sound), *dependencies.check(sound)})


def _lint_one(source: SourceFile, tenants: tenancy.TenantTables) -> Iterator[Finding]:
    if error := _syntax_error(source):
        yield Finding(source.path, error.lineno or 1, f"syntax: {error.msg}")
        return
    for check in CHECKS:
        yield from check(source)
    yield from tenancy.check(source, tenants)


def _syntax_error(source: SourceFile) -> SyntaxError | None:
    try:
        _ = source.is_python and source.tree
    except SyntaxError as error:
        return error
    return None


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Lint the whole project; with paths, report only what lies below them."""
    sources = [source for path in list_files(root) if (source := read_source(root, path)) is not None]
    below = tuple(arguments)
    findings = [finding for finding in lint(sources) if not below or finding.path.startswith(below)]
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} house rules broken", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    gc.disable()  # the syntax trees live to the end: looking for garbage among them takes a third of the time
    sys.exit(main(sys.argv[1:]))
