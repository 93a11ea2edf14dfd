"""Rules are pure: loading them loads no framework, no database, no network and no slice's service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import malha

PACKAGE = Path(malha.__file__).parent
FORBIDDEN = (
    "celery", "fastapi", "httpx2", "kombu", "obstore", "psycopg", "pydantic", "redis", "requests", "socketio",
    "sqlalchemy", "starlette", "structlog", "typer", "uvicorn",
)  # fmt: skip
PURE = frozenset({"kit", "fiscal"})
"""What rules may load of Malha besides the rules of slices."""
PURE_IN_SLICES = frozenset({"rules", "classifier"})
"""The classifier of part numbers is a library of its own, which import-linter keeps pure."""


def rules_modules() -> list[str]:
    """Every module of every slice's rules, the packages themselves included; import-linter minds the fiscal library."""
    found = [*PACKAGE.glob("*/rules.py"), *PACKAGE.glob("*/rules/**/*.py")]
    return sorted(name for name in map(name_of, found) if not name.startswith("malha.fiscal."))


def name_of(path: Path) -> str:
    return ".".join(["malha", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


def forbidden_after(*modules: str) -> dict[str, list[str]]:
    """What each module has loaded that rules must not load, each in an interpreter of its own (forked before any)."""
    program = f"""
import importlib, os, sys
for name in {modules!r}:
    sys.stdout.flush()
    if os.fork() == 0:
        importlib.import_module(name)
        print(name, *sorted(sys.modules), flush=True)
        os._exit(0)
    if os.wait()[1] != 0:
        sys.exit(name)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    loaded = {name: names for name, *names in map(str.split, run.stdout.splitlines())}
    return {name: [module for module in names if is_forbidden(module)] for name, names in loaded.items()}


def is_forbidden(module: str) -> bool:
    root, *inside = module.split(".")
    if root != "malha":
        return root in FORBIDDEN
    return len(inside) > 1 and inside[0] not in PURE and inside[1] not in PURE_IN_SLICES


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return forbidden_after(*rules_modules())


def test_every_slices_rules_are_looked_at(found: dict[str, list[str]]) -> None:
    assert {name.split(".")[1] for name in found} >= {
        "audits",
        "banking",
        "expenses",
        "identity",
        "suppliers",
    }
    assert set(found) == set(rules_modules())


def test_rules_load_nothing_that_is_not_pure(found: dict[str, list[str]]) -> None:
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_what_is_not_pure_would_be_seen() -> None:
    [seen] = forbidden_after("malha.expenses.service").values()
    assert {"sqlalchemy", "malha.suppliers.service"} <= set(seen)
