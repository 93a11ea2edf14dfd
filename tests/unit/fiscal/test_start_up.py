"""What `malha audit` must not load before it needs it."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest


@cache
def loaded(program: str) -> set[str]:
    code = f"import sys\n{program}\nprint('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("heavy", ["nfelib", "xsdata", "cryptography", "stdnum", "sqlalchemy", "fastapi", "pydantic"])
def test_the_audit_starts_without(heavy: str) -> None:
    assert heavy not in loaded("import malha.fiscal.audit")


def test_the_xsds_are_found_without_their_bindings() -> None:
    program = "from malha.fiscal.schema import note_schema\nassert note_schema('nfeProc', '4.00')"
    assert not {one for one in loaded(program) if one.startswith(("nfelib", "xsdata"))}
