"""No tracked file names a package registry's host or a folder of somebody's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

# Written in pieces, so that this file does not report itself.
_HOSTS = [
    "pypi" + r"\.org",
    "pythonhosted" + r"\.org",
    "npmjs" + r"\.(?:org|com)",
    "yarnpkg" + r"\.com",
    "deb" + r"\.debian\.org",
    "archive" + r"\.ubuntu\.com",
]
_HOST = re.compile("|".join(_HOSTS))
_FOLDER = re.compile(r"(?<![\w.*}~-])/(?:work|root|home/\w+|Users/\w+)/\w")


def check(source: SourceFile) -> Iterator[Finding]:
    """Report every line with such a trace; there is no exception."""
    if not _HOST.search(source.text) and not _FOLDER.search(source.text):
        return
    for number, line in enumerate(source.lines, 1):
        if found := _HOST.search(line):
            yield Finding(source.path, number, f"registry-host: {found[0]} belongs to the machine's configuration")
        if found := _FOLDER.search(line):
            yield Finding(source.path, number, f"machine-path: {found[0]}... exists on one machine only")
