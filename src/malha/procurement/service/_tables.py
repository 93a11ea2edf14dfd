"""Tables of others taken in: indexes from a file or from the Banco Central, and lists of sanctions."""

from __future__ import annotations

import asyncio
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from pathlib import Path

from malha.db import Session
from malha.kit.clock import brazilian_day, utc_now
from malha.outbound import OutboundClient
from malha.procurement.client.indexes import fetch_rates
from malha.procurement.errors import TableFileBrokenError
from malha.procurement.repository import prices, signals
from malha.procurement.rules.indexes import KNOWN
from malha.procurement.rules.tables import TableBrokenError, read_rates, read_sanctions, split_lines
from malha.procurement.settings import ProcurementSettings
from malha.settings import Settings

SANCTION_LISTS = ("CEIS", "CNEP")
_DATED = re.compile(r"(20[0-9]{2})([01][0-9])([0-3][0-9])")
_DAMAGES = (zipfile.BadZipFile, UnicodeError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class TableImported:
    """What came in: lines written, and of which day or months."""

    lines: int
    span: str


async def import_index(session: Session, name: str, path: Path) -> TableImported:
    """Monthly rates of a CSV, all or nothing; months that are there are replaced. TableFileBrokenError."""
    _check_name(name, KNOWN)
    try:
        rates = read_rates(split_lines(await asyncio.to_thread(path.read_text, "utf-8-sig")))
    except (TableBrokenError, *_DAMAGES) as error:
        raise TableFileBrokenError(problem=error) from error
    return TableImported(await prices.save_index(session, name, rates, path.name), _span(rates))


async def fetch_index(session: Session, settings: Settings, name: str, *, first: date, last: date) -> TableImported:
    """The same from the Banco Central, because somebody has asked for it."""
    _check_name(name, KNOWN)
    outbound = settings.outbound
    client = OutboundClient(user_agent=outbound.user_agent, allowed_hosts=outbound.allowed_hosts)
    async with client:
        base_url = settings.of(ProcurementSettings).bcb_url
        try:
            rates = await fetch_rates(client, base_url, name, first=first, last=last)
        except TableBrokenError as error:
            raise TableFileBrokenError(problem=error) from error
    return TableImported(await prices.save_index(session, name, rates, f"BCB SGS {KNOWN[name]}"), _span(rates))


async def import_sanctions(session: Session, list_name: str, path: Path, *, as_of: date | None = None) -> TableImported:
    """CEIS or CNEP as the Portal da Transparência gives it (a CSV, or the ZIP around it), in the place of the last."""
    _check_name(list_name, SANCTION_LISTS)
    day = as_of or _day_of(path) or brazilian_day(utc_now())
    try:
        text, member = await asyncio.to_thread(_read_text, path)
        day = as_of or _day_of(Path(member)) or day
        rows = list(read_sanctions(list_name, split_lines(text), day))
    except (TableBrokenError, *_DAMAGES) as error:
        raise TableFileBrokenError(problem=error) from error
    return TableImported(await signals.replace_sanctions(session, list_name, rows), day.isoformat())


def _read_text(path: Path) -> tuple[str, str]:
    """The text of the CSV and its name; the portal writes ISO-8859-1."""
    if not zipfile.is_zipfile(path):
        return path.read_text("iso-8859-1"), path.name
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(members) != 1:
            raise TableBrokenError(f"the ZIP holds {len(members)} CSV files, and one is wanted")
        with archive.open(members[0]) as file:
            return TextIOWrapper(file, "iso-8859-1").read(), members[0]


def _check_name(name: str, known: Collection[str]) -> None:
    if name not in known:
        raise TableFileBrokenError(problem=f"{name} is none of {', '.join(known)}")


def _day_of(path: Path) -> date | None:
    found = _DATED.search(path.name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _span(rates: Collection[date]) -> str:
    return f"{min(rates):%Y-%m} to {max(rates):%Y-%m}"
