"""Queries of what is kept and of who is asking. The registry is public: its tables belong to no workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Row, any_, bindparam, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import CHAR

from malha.db import ReadSession, Session
from malha.suppliers.models import SupplierClaim, SupplierRecord
from malha.suppliers.rules.denials import Denial

CHUNK = 20_000

_STANDINGS = text(
    """
    SELECT cnpj, legal_name, status, status_since, main_cnae_code, secondary_cnaes, provider, fetched_at, denials,
           is_found
    FROM suppliers WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar)))
    """
)
# Locked in one order: batches may share many of them.
_TAKE_REFRESHES = text(
    """
    WITH taken AS MATERIALIZED (
        SELECT cnpj FROM suppliers
        WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar)))
          AND (refresh_requested_at IS NULL OR refresh_requested_at < now() - make_interval(secs => :pause))
        ORDER BY cnpj FOR UPDATE
    )
    UPDATE suppliers s SET refresh_requested_at = now() FROM taken WHERE s.cnpj = taken.cnpj RETURNING s.cnpj
    """
)
# Exact columns find whoever may share something; whether they do is for the reader of the rows to say.
_NOTABLE = text(
    """
    WITH wanted AS MATERIALIZED (
        SELECT cnpj, left(cnpj, 8) AS root, status, opened_on, zip_code, upper(btrim(number)) AS number, partners
        FROM suppliers WHERE cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar))) AND is_found
    ), places AS (
        SELECT zip_code, number FROM wanted
        WHERE zip_code IS NOT NULL AND number IS NOT NULL GROUP BY 1, 2 HAVING min(root) <> max(root)
    ), people AS MATERIALIZED (
        SELECT cnpj, root, coalesce(partner->>'document', upper(partner->>'name')) AS person
        FROM wanted, jsonb_array_elements(partners) AS partner
    ), ties AS (
        SELECT person FROM people GROUP BY person HAVING min(root) <> max(root)
    )
    SELECT cnpj FROM wanted WHERE status NOT IN ('ATIVA', 'UNKNOWN') OR opened_on > :opened_after
    UNION SELECT cnpj FROM wanted JOIN places USING (zip_code, number)
    UNION SELECT cnpj FROM people JOIN ties USING (person)
    """
)
# The denial of a company that is known is none: nothing is written then, and no row returned.
_DENY = text(
    """
    INSERT INTO suppliers (cnpj, is_found, provider, fetched_at, raw, denials)
    VALUES (:cnpj, false, :provider, :at, jsonb_build_object(CAST(:source AS text), CAST(:raw AS jsonb)),
            jsonb_build_object(CAST(:source AS text), CAST(:denial AS jsonb)))
    ON CONFLICT (cnpj) DO UPDATE SET provider = excluded.provider, fetched_at = excluded.fetched_at,
        raw = coalesce(suppliers.raw, '{}') || excluded.raw, denials = suppliers.denials || excluded.denials
    WHERE NOT suppliers.is_found
    RETURNING cnpj
    """
)
_WITHDRAW = text(
    """
    WITH withdrawn AS (
        UPDATE suppliers SET denials = denials - CAST(:source AS text)
        WHERE denials <> '{}' AND denials -> :source ->> 'provider' = :provider RETURNING cnpj
    )
    INSERT INTO supplier_retractions (cnpj) SELECT cnpj FROM withdrawn ORDER BY cnpj ON CONFLICT DO NOTHING
    """
)
_RETRACT = text(
    """
    WITH found AS (
        UPDATE suppliers SET denials = '{}' WHERE cnpj = :cnpj AND is_found AND denials <> '{}' RETURNING cnpj
    )
    INSERT INTO supplier_retractions (cnpj) SELECT cnpj FROM found ON CONFLICT DO NOTHING
    """
)
_TAKE_RETRACTIONS = text(
    """
    DELETE FROM supplier_retractions WHERE cnpj IN (
        SELECT cnpj FROM supplier_retractions ORDER BY retracted_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) RETURNING cnpj
    """
)
# Old enough to be in everybody's base; the next one in order is another one for every question.
_ESTABLISHED = text(
    """
    SELECT cnpj FROM suppliers
    WHERE is_found AND cnpj > :cnpj AND cnpj ~ '^[0-9]{14}$' AND opened_on < CURRENT_DATE - 365
    ORDER BY cnpj LIMIT 1
    """
)
_DENIED = text(
    """
    SELECT denials FROM suppliers
    WHERE denials <> '{}' AND NOT is_found
      AND cnpj = ANY(ARRAY(SELECT CAST(jsonb_array_elements_text(:cnpjs) AS bpchar)))
    """
)
REFRESH_PAUSE_SECONDS = 3600
_COLUMNS = [column for column in SupplierRecord.__table__.columns if column.name not in {"raw", "refresh_requested_at"}]
_KEPT = [
    column.name
    for column in SupplierRecord.__table__.columns
    if column.name not in {"cnpj", "refresh_requested_at", "denials"}
]


async def find_rows(session: ReadSession, cnpjs: Sequence[str]) -> list[Row[Any]]:
    """What is kept about these CNPJs, "no such" included."""
    rows: list[Row[Any]] = []
    query = select(*_COLUMNS).where(SupplierRecord.cnpj == any_(_array("cnpjs")))
    for start in range(0, len(cnpjs), CHUNK):
        rows += (await session.execute(query, {"cnpjs": list(cnpjs[start : start + CHUNK])})).all()
    return rows


async def find_standings(session: ReadSession, cnpjs: Sequence[str]) -> list[Row[Any]]:
    """The same with the columns that decisions need, in the order of a Standing, and `is_found`."""
    return list((await session.execute(_STANDINGS, {"cnpjs": Jsonb(list(cnpjs))})).all())


async def find_notable(session: ReadSession, cnpjs: Sequence[str], opened_after: date | None) -> list[str]:
    """Those that are not active, were opened after a day, or may share a partner or an address with another root."""
    rows = await session.execute(_NOTABLE, {"cnpjs": Jsonb(list(cnpjs)), "opened_after": opened_after})
    return list(rows.scalars())


async def find_raw(session: ReadSession, cnpj: str) -> dict[str, Any] | None:
    """The provider's answer as it came."""
    return await session.scalar(select(SupplierRecord.raw).where(SupplierRecord.cnpj == cnpj))


async def claim(session: Session, cnpj: str, token: UUID, *, seconds: float) -> bool:
    """Take or prolong the right to ask about a CNPJ; False while another holder's has not run out."""
    until = func.now() + text("make_interval(secs => :seconds)")
    statement = insert(SupplierClaim).values(cnpj=cnpj, token=token, until=until)
    statement = statement.on_conflict_do_update(
        index_elements=[SupplierClaim.cnpj],
        set_={"token": statement.excluded.token, "until": statement.excluded.until},
        where=or_(SupplierClaim.until < func.now(), SupplierClaim.token == statement.excluded.token),
    ).returning(SupplierClaim.cnpj)
    return (await session.execute(statement, {"seconds": seconds})).first() is not None


async def release(session: Session, cnpj: str, token: UUID) -> None:
    """Give the claim up, if it is still this holder's."""
    await session.execute(delete(SupplierClaim).where(SupplierClaim.cnpj == cnpj, SupplierClaim.token == token))


async def store(session: Session, values: dict[str, Any]) -> None:
    """Keep a company, unless a newer answer is there; denials of it are retracted."""
    statement = insert(SupplierRecord).values(**values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SupplierRecord.cnpj],
            set_={name: statement.excluded[name] for name in _KEPT} | {"refresh_requested_at": None},
            where=(statement.excluded.fetched_at >= SupplierRecord.fetched_at) | SupplierRecord.is_found.is_(False),
        )
    )
    await session.execute(_RETRACT, {"cnpj": values["cnpj"]})


async def deny(session: Session, cnpj: str, source: str, denial: Denial, raw: dict[str, Any]) -> bool:
    """Keep a source's denial; False for a company that is known: registries forget nobody."""
    values = {
        "cnpj": cnpj,
        "source": source,
        "provider": denial.provider,
        "at": denial.at,
        "raw": Jsonb(raw),
        "denial": Jsonb(denial.as_json()),
    }
    return (await session.execute(_DENY, values)).first() is not None


async def withdraw_denials(session: Session, source: str, provider: str) -> None:
    """Take back all that a provider has denied, and have those looked at again who relied on it."""
    await session.execute(_WITHDRAW, {"source": source, "provider": provider})


async def take_retractions(session: Session, limit: int) -> list[str]:
    """CNPJs whose denial is not believed any more; whoever takes them sees to what was made of it."""
    return sorted((await session.execute(_TAKE_RETRACTIONS, {"limit": limit})).scalars())


async def find_established(session: ReadSession, cnpj: str) -> str | None:
    """A company that exists for sure and long enough for everybody to have it, another one than that of the CNPJ."""
    for after in (cnpj, ""):
        found = await session.scalar(_ESTABLISHED, {"cnpj": after})
        if found is not None and found != cnpj:
            return found
    return None


async def list_denials(session: ReadSession, cnpjs: Sequence[str]) -> list[dict[str, Any]]:
    """What sources have denied of these CNPJs, for those of them that nobody has found."""
    return list((await session.execute(_DENIED, {"cnpjs": Jsonb(list(cnpjs))})).scalars())


async def take_refreshes(session: Session, cnpjs: Sequence[str]) -> list[str]:
    """Those of the CNPJs whose renewal nobody asked for within the last hour; from now on somebody has."""
    rows = await session.execute(_TAKE_REFRESHES, {"cnpjs": Jsonb(list(cnpjs)), "pause": REFRESH_PAUSE_SECONDS})
    return sorted(rows.scalars())


def _array(name: str) -> Any:
    return bindparam(name, type_=ARRAY(CHAR(14)))
