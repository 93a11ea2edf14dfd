"""The import of Receita Federal's open data: which files there are, and their way into the database."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg

from malha.kit.urls import libpq_url
from malha.suppliers.errors import OpenDataBrokenError, OpenDataMissingError
from malha.suppliers.repository.open_data import OpenDataImport

CHUNK_BYTES = 1 << 20
# What zipfile raises for damage, for a password, and for methods of compression that it does not know.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)
REQUIRED = ("empresas", "estabelecimentos")
# `K3241.K03200Y0.D60913.ESTABELE`, `Estabelecimentos0.zip`, `F.K03200$W.SIMPLES.CSV.D60913`, ...
_KINDS = {
    "EMPRE": "empresas",
    "ESTABELE": "estabelecimentos",
    "SOCIO": "socios",
    "SIMPLES": "simples",
    "CNAE": "cnaes",
    "MUNIC": "municipios",
    "QUALS": "qualificacoes",
    "QUALIFICACOES": "qualificacoes",
}
# One digit of the year, month, day.
_DATED = re.compile(r"\.D(\d)(\d{2})(\d{2})(?:\.|$)")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OpenDataFile:
    """A file of a known kind: by itself, or a member of a ZIP."""

    kind: str
    path: Path
    member: str | None

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return f"{self.path.name}:{self.member}" if self.member else self.path.name

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, unpacked as they are read."""
        if self.member is None:
            with self.path.open("rb") as file:
                yield from iter(lambda: file.read(CHUNK_BYTES), b"")
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            yield from iter(lambda: file.read(CHUNK_BYTES), b"")


@dataclass(frozen=True, slots=True)
class OpenDataReport:
    """What an import did: suppliers written, lines by kind of file, and the day that the data speaks of."""

    written: int
    lines: dict[str, int]
    as_of: date


def import_open_data(
    database_url: str,
    paths: Sequence[Path],
    *,
    as_of: date | None = None,
    ufs: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> OpenDataReport:
    """Import folders, ZIPs or unpacked files in one transaction.

    `as_of` is by default the newest day in the files' own names, else today. Raises OpenDataMissingError without the
    two main kinds, OpenDataBrokenError for a file that cannot be read.
    """
    files = find_open_data(paths)
    missing = [kind for kind in REQUIRED if kind not in {file.kind for file in files}]
    if missing:
        raise OpenDataMissingError(kinds=", ".join(missing))
    day = as_of or _day_of(files) or datetime.now(UTC).date()
    lines: dict[str, int] = {}
    with psycopg.connect(libpq_url(database_url), application_name="malha suppliers import") as connection:
        work = OpenDataImport(connection)
        work.begin()
        for file in files:
            try:
                count = work.copy(file.kind, file.chunks())
            except (psycopg.DataError, *_DAMAGES) as error:
                raise OpenDataBrokenError(file=file.name, problem=error) from error
            lines[file.kind] = lines.get(file.kind, 0) + count
            tell(f"{file.name}: {count:,} lines")
        written = work.merge(day, [uf.upper() for uf in ufs])
    return OpenDataReport(written, lines, day)


def find_open_data(paths: Sequence[Path]) -> list[OpenDataFile]:
    """Every file of a known kind below these paths, each once; FileNotFoundError for a path that leads nowhere."""
    found: dict[tuple[Path, str | None], OpenDataFile] = {}
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            for entry in _entries(file):
                found[entry.path.resolve(), entry.member] = entry
    return list(found.values())


def _entries(path: Path) -> Iterator[OpenDataFile]:
    if path.is_dir():
        return
    if not path.exists():
        raise FileNotFoundError(path)
    if not zipfile.is_zipfile(path):
        if kind := _kind_of(path.name):
            yield OpenDataFile(kind, path, None)
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            # Some months' members have names without a kind: then the archive's own name says it.
            if not member.endswith("/") and (kind := _kind_of(member) or _kind_of(path.name)):
                yield OpenDataFile(kind, path, member)


def _kind_of(name: str) -> str | None:
    upper = Path(name).name.upper()
    return next((kind for mark, kind in _KINDS.items() if mark in upper), None)


def _day_of(files: Sequence[OpenDataFile]) -> date | None:
    """The newest day in the names; the year's one digit means the latest such year that is not in the future."""
    today = datetime.now(UTC).date()
    days: list[date] = []
    for file in files:
        if not (dated := _DATED.search((file.member or file.path.name).upper())):
            continue
        digit, month, day = (int(part) for part in dated.groups())
        year = next(year for year in range(today.year, today.year - 10, -1) if year % 10 == digit)
        try:
            days.append(min(date(year, month, day), today))
        except ValueError:
            continue
    return max(days, default=None)
