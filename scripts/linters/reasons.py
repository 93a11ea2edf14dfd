"""Whoever silences a tool says why, on the same line."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from scripts.linters.source import Finding, SourceFile

_SILENCER = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore|pragma:\s*no cover)(?P<rest>.*)")
_REASON = re.compile(r"(?:\s-\s|#\s*)\w.{5,}")


def check(source: SourceFile) -> Iterator[Finding]:
    """Report silencers without a reason: `# noqa: CODE - why`; those of one file that follow one may lean on it."""
    if not source.is_python or source.is_test or source.is_migration:
        return
    explained: set[str] = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type != tokenize.COMMENT or (found := _SILENCER.search(token.string)) is None:
            continue
        code = found["rest"].split(" - ")[0].strip()
        if _REASON.search(found["rest"]):
            explained.add(code)
        elif code not in explained:
            message = "silenced: say why after the code, as in `# noqa: S603 - made here, never a shell string`"
            yield Finding(source.path, token.start[0], message)
