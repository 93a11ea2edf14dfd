"""What is kept about suppliers, between rows of the database and the slice's own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from malha.db import ReadSession
from malha.kit.clock import utc_now
from malha.settings import Settings
from malha.suppliers.client.providers import enabled_sources
from malha.suppliers.repository import kept
from malha.suppliers.rules.denials import is_denied, valid_denials
from malha.suppliers.rules.supplier import Address, Cnae, Partner, Profile, Standing, Status, Supplier
from malha.suppliers.settings import SupplierSettings

FRESH_DAYS = 30.0


async def find_known(
    session: ReadSession, cnpjs: Sequence[str], *, fresh_days: float = FRESH_DAYS
) -> dict[str, Supplier]:
    """The companies among these normalised CNPJs that are kept, fresh or stale, without asking anybody."""
    rows = await kept.find_rows(session, cnpjs)
    oldest = utc_now() - timedelta(days=fresh_days)
    return {row.cnpj: supplier_of(row, is_stale=row.fetched_at < oldest) for row in rows if row.is_found}


async def find_standings(session: ReadSession, cnpjs: Sequence[str], settings: Settings) -> dict[str, Standing | None]:
    """What is kept about these CNPJs, as far as decisions need it; None for "no such company" while it is believed."""
    suppliers = settings.of(SupplierSettings)
    rows = await kept.find_standings(session, cnpjs)
    now = utc_now()
    oldest = now - timedelta(days=suppliers.fresh_days)
    sources = enabled_sources(suppliers)
    oldest_not_found = now - timedelta(days=suppliers.not_found_days)
    known: dict[str, Standing | None] = {}
    for row in rows:
        *company, denials, is_found = tuple(row)
        cnpj, fetched_at = company[0], company[-1]
        if is_found:
            known[cnpj] = standing_of(company, is_stale=fetched_at < oldest)
        elif fetched_at >= oldest_not_found and is_denied(valid_denials(denials, oldest=oldest_not_found), sources):
            known[cnpj] = None
    return known


async def find_notable(
    session: ReadSession, cnpjs: Sequence[str], *, opened_after: date | None = None
) -> dict[str, Supplier]:
    """Of these companies the few that can give a signal of fraud.

    They are not active, or were opened after the day, or may share a partner or an address with a company of another
    root (the first eight characters) among them.
    """
    return await find_known(session, await kept.find_notable(session, cnpjs, opened_after))


def standing_of(columns: Sequence[Any], *, is_stale: bool) -> Standing:
    """A company's columns in the order of a Standing, as one. A batch makes thousands: nothing is looked up by name."""
    cnpj, name, status, since, main, secondary, provider, fetched_at = columns
    codes = tuple([cnae["code"] for cnae in secondary])
    return Standing(cnpj, name, Status(status), since, main, codes, provider, fetched_at, is_stale)


def supplier_of(row: Any, *, is_stale: bool) -> Supplier:
    """A row with the columns of `suppliers`, as a value."""
    return Supplier(
        cnpj=row.cnpj,
        legal_name=row.legal_name,
        trade_name=row.trade_name,
        status=Status(row.status),
        status_since=row.status_since,
        opened_on=row.opened_on,
        main_cnae=Cnae(row.main_cnae_code, row.main_cnae_description or "") if row.main_cnae_code else None,
        secondary_cnaes=tuple(Cnae(each["code"], each["description"]) for each in row.secondary_cnaes),
        address=Address(
            row.street, row.number, row.complement, row.district, row.zip_code, row.city, row.city_code, row.uf
        ),
        partners=tuple(_partner_of(each) for each in row.partners),
        capital=row.capital,
        is_simples=row.is_simples,
        is_mei=row.is_mei,
        email=row.email,
        phone=row.phone,
        provider=row.provider,
        fetched_at=row.fetched_at,
        is_stale=is_stale,
    )


def values_of(profile: Profile, *, provider: str, fetched_at: datetime, raw: dict[str, Any]) -> dict[str, Any]:
    """A company's row."""
    address = asdict(profile.address)
    uf = (address.pop("uf") or "").upper()
    return {
        "cnpj": profile.cnpj,
        "is_found": True,
        "legal_name": profile.legal_name,
        "trade_name": profile.trade_name,
        "status": profile.status.value,
        "status_since": profile.status_since,
        "opened_on": profile.opened_on,
        "main_cnae_code": profile.main_cnae.code if profile.main_cnae else None,
        "main_cnae_description": profile.main_cnae.description if profile.main_cnae else None,
        "secondary_cnaes": [asdict(each) for each in profile.secondary_cnaes],
        **address,
        "uf": uf if len(uf) == 2 else None,
        "partners": [_partner_row(each) for each in profile.partners],
        "capital": profile.capital,
        "is_simples": profile.is_simples,
        "is_mei": profile.is_mei,
        "email": profile.email,
        "phone": profile.phone,
        "provider": provider,
        "fetched_at": fetched_at,
        "raw": raw,
    }


def _partner_row(partner: Partner) -> dict[str, Any]:
    since = partner.since.isoformat() if partner.since else None
    return {"name": partner.name, "document": partner.document, "role": partner.role, "since": since}


def _partner_of(entry: dict[str, Any]) -> Partner:
    since = entry.get("since")
    day = datetime.fromisoformat(since).date() if since else None
    return Partner(entry["name"], entry.get("document"), entry.get("role"), day)
