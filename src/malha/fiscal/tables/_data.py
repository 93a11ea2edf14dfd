"""The data files of the tables: gzipped tab-separated text with one header line."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

_FOLDER = Path(__file__).with_name("data")


def rows(name: str) -> list[list[str]]:
    """The rows of ``data/<name>.tsv.gz`` without the header, every cell as text."""
    text = gzip.decompress((_FOLDER / f"{name}.tsv.gz").read_bytes()).decode()
    return [line.split("\t") for line in text.splitlines()[1:]]


def names(name: str) -> dict[str, str]:
    """A table of two columns."""
    return {code: title for code, title in rows(name)}  # noqa: C416 - rows are lists, dict() would not type


def day(text: str) -> date | None:
    """An ISO date, None for an empty cell."""
    return date.fromisoformat(text) if text else None


def in_force(since: date | None, until: date | None, on: date | None) -> bool:
    """Whether a day is inside a validity, both ends included; without a day only existence matters."""
    return on is None or ((since is None or since <= on) and (until is None or on <= until))
