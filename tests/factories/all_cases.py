"""Every table of rule tests, wherever it stands."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.factories.file_cases import FileCase
from tests.factories.rule_cases import RuleCase

FISCAL_TESTS = Path(__file__).parents[1] / "unit" / "fiscal"


@cache
def all_cases() -> tuple[RuleCase | FileCase, ...]:
    """The cases of every table called CASES or ..._CASES in the modules of the fiscal tests."""
    return tuple(_cases())


def _cases() -> Iterator[RuleCase | FileCase]:
    for path in sorted(FISCAL_TESTS.glob("test_rules_*.py")):
        if "CASES" not in path.read_text(encoding="utf-8"):
            continue
        spec = importlib.util.spec_from_file_location(f"cases_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, table in vars(module).items():
            if name.endswith("CASES") and isinstance(table, list | tuple):
                yield from (case for case in table if isinstance(case, RuleCase | FileCase))
