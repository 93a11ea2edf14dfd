"""What the migration gives to part numbers that were there before is what new ones are given."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import psycopg

from malha.db import migrations
from malha.kit.urls import libpq_url
from malha.partnumbers.repository.series import keys_of, series_of

CODES = [
    "LM358-DR", "GRM188R71H104KA93D", "RC0603FR-0710KL", "1N4148W-7-F", "74HC00D,653", "BC847B", "XY7", "A B#?Ç",
    "282836-2", "STM32F103C8T6", "ABC", "12345", "6ES7214-1AG40", "TPS54331DR", "é1234",
]  # fmt: skip


def test_series_and_keys_are_the_same_in_the_migration(database_url: str) -> None:
    [path] = Path(migrations.__file__).parent.glob("versions/*decide_on_classifications.py")
    spec = importlib.util.spec_from_file_location("backfill", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with psycopg.connect(libpq_url(database_url)) as connection:
        connection.execute("CREATE TEMP TABLE partnumbers (code text, series text, keys text[])")
        for code in CODES:
            connection.execute("INSERT INTO partnumbers (code) VALUES (%s)", [code])
        connection.execute(module.BACKFILL)
        rows = connection.execute("SELECT code, series, keys FROM partnumbers").fetchall()
    assert {code: (series, keys) for code, series, keys in rows} == {
        code: (series_of(code), keys_of(code)) for code in CODES
    }
