"""The import contracts cover every slice that exists."""

from __future__ import annotations

import tomllib
from pathlib import Path

from scripts.linters.names import SLICES

ROOT = Path(__file__).resolve().parents[3]


def test_every_slice_has_its_floors_checked() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    containers = {name for contract in configuration["contracts"] for name in contract.get("containers", [])}
    slices = {f"malha.{name}" for name in SLICES if (ROOT / "src" / "malha" / name / "__init__.py").is_file()}
    assert slices <= containers
