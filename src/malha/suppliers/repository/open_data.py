"""The open data files of Receita Federal in the database: COPY into temporary tables, then one upsert.

Layout: "Novo layout dos dados abertos do CNPJ" of Receita Federal; Latin-1, semicolons, quoted, without a header line.
A company is known by the first eight characters of its CNPJ, an establishment by all fourteen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from unicodedata import combining, normalize

import psycopg
from psycopg import sql

from malha.fiscal.tables import municipality

PROVIDER = "receita_federal"

LAYOUTS: dict[str, tuple[str, ...]] = {
    "empresas": ("root", "name", "nature", "responsible", "capital", "size", "entity"),
    "estabelecimentos": (
        "root", "branch", "digits", "head", "trade_name", "status", "status_since", "reason", "city_abroad", "country",
        "opened_on", "main_cnae", "cnaes", "street_kind", "street", "number", "complement", "district", "zip_code",
        "uf", "city", "ddd1", "phone1", "ddd2", "phone2", "ddd_fax", "fax", "email", "special", "special_since",
    ),
    "socios": (
        "root", "kind", "name", "document", "role", "since", "country", "representative", "representative_name",
        "representative_role", "age",
    ),
    "simples": ("root", "is_simples", "simples_since", "simples_until", "is_mei", "mei_since", "mei_until"),
    "cnaes": ("code", "name"),
    "municipios": ("code", "name"),
    "qualificacoes": ("code", "name"),
}  # fmt: skip
"""The columns of each file, in their order."""

_KEYS = {"empresas": "root", "socios": "root", "simples": "root"}

# A day beyond its month's end spills over into the next, where to_date would end the whole import.
_DAY = """
CASE WHEN {0} ~ '^(18|19|20)[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$'
     THEN to_date(left({0}, 6), 'YYYYMM') + (right({0}, 2)::int - 1) END
"""

_PARTNERS = f"""
CREATE TEMPORARY TABLE partners ON COMMIT DROP AS
SELECT s.root, jsonb_agg(jsonb_build_object(
           'name', s.name, 'document', nullif(s.document, ''), 'role', q.name, 'since', {_DAY.format("s.since")}
       ) ORDER BY s.name) AS partners
FROM od_socios s LEFT JOIN od_qualificacoes q ON q.code = s.role
GROUP BY s.root
"""  # noqa: S608 - made of this module's own constants

_UPSERT = f"""
INSERT INTO suppliers (
    cnpj, is_found, legal_name, trade_name, status, status_since, opened_on, main_cnae_code, main_cnae_description,
    secondary_cnaes, street, number, complement, district, zip_code, city, city_code, uf, email, phone, partners,
    capital, is_simples, is_mei, provider, fetched_at, raw
)
SELECT DISTINCT ON (e.root || e.branch || e.digits)
    e.root || e.branch || e.digits, true, coalesce(c.name, ''), nullif(e.trade_name, ''),
    CASE ltrim(e.status, '0') WHEN '1' THEN 'NULA' WHEN '2' THEN 'ATIVA' WHEN '3' THEN 'SUSPENSA'
                              WHEN '4' THEN 'INAPTA' WHEN '8' THEN 'BAIXADA' ELSE 'UNKNOWN' END,
    {_DAY.format("e.status_since")}, {_DAY.format("e.opened_on")},
    CASE WHEN e.main_cnae ~ '^[0-9]{{7}}$' THEN e.main_cnae END, a.name,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('code', each.code, 'description', coalesce(o.name, '')) ORDER BY each.no)
        FROM unnest(string_to_array(nullif(e.cnaes, ''), ',')) WITH ORDINALITY AS each(code, no)
        LEFT JOIN od_cnaes o ON o.code = each.code WHERE each.code ~ '^[0-9]{{7}}$'
    ), '[]'),
    nullif(concat_ws(' ', nullif(e.street_kind, ''), nullif(e.street, '')), ''), nullif(e.number, ''),
    nullif(e.complement, ''), nullif(e.district, ''), nullif(e.zip_code, ''), m.name, i.code,
    CASE WHEN e.uf ~ '^[A-Z]{{2}}$' THEN e.uf END, nullif(lower(e.email), ''),
    nullif(concat_ws(' ', nullif(e.ddd1, ''), nullif(e.phone1, '')), ''), coalesce(p.partners, '[]'),
    CASE WHEN c.capital ~ '^[0-9]{{1,16}}(,[0-9]+)?$' THEN replace(c.capital, ',', '.')::numeric(18, 2) END,
    CASE s.is_simples WHEN 'S' THEN true WHEN 'N' THEN false END,
    CASE s.is_mei WHEN 'S' THEN true WHEN 'N' THEN false END,
    '{PROVIDER}', %(as_of)s::date::timestamp AT TIME ZONE 'UTC',
    jsonb_build_object('source', 'dados abertos do CNPJ', 'as_of', %(as_of)s::date, 'natureza_juridica', c.nature,
                       'porte', c.size, 'motivo_situacao_cadastral', e.reason)
FROM od_estabelecimentos e
LEFT JOIN od_empresas c USING (root)
LEFT JOIN od_simples s USING (root)
LEFT JOIN partners p USING (root)
LEFT JOIN od_municipios m ON m.code = e.city
LEFT JOIN ibge i ON i.name = m.name AND i.uf = e.uf
LEFT JOIN od_cnaes a ON a.code = e.main_cnae
WHERE e.root || e.branch || e.digits ~ '^[0-9A-Z]{{12}}[0-9]{{2}}$' AND (%(ufs)s::text[] IS NULL OR e.uf = ANY(%(ufs)s))
ON CONFLICT (cnpj) DO UPDATE SET
    (is_found, legal_name, trade_name, status, status_since, opened_on, main_cnae_code, main_cnae_description,
     secondary_cnaes, street, number, complement, district, zip_code, city, city_code, uf, email, phone, partners,
     capital, is_simples, is_mei, provider, fetched_at, raw, refresh_requested_at)
    = (true, excluded.legal_name, excluded.trade_name, excluded.status, excluded.status_since, excluded.opened_on,
       excluded.main_cnae_code, excluded.main_cnae_description, excluded.secondary_cnaes, excluded.street,
       excluded.number, excluded.complement, excluded.district, excluded.zip_code, excluded.city, excluded.city_code,
       excluded.uf, excluded.email, excluded.phone, excluded.partners, excluded.capital, excluded.is_simples,
       excluded.is_mei, excluded.provider, excluded.fetched_at, excluded.raw, NULL)
WHERE suppliers.fetched_at <= excluded.fetched_at OR NOT suppliers.is_found
"""  # noqa: S608


# What was denied and is found now; see `SupplierRetraction`.
_RETRACT = """
WITH found AS (UPDATE suppliers SET denials = '{}' WHERE denials <> '{}' AND is_found RETURNING cnpj)
INSERT INTO supplier_retractions (cnpj) SELECT cnpj FROM found ON CONFLICT DO NOTHING
"""


class OpenDataImport:
    """One import in one transaction of the caller's connection: begin, copy each file, merge."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def begin(self) -> None:
        """Make the temporary tables; nothing of the platform's own is locked until `merge`."""
        self._connection.execute("SET LOCAL statement_timeout = 0")
        self._connection.execute("SET LOCAL work_mem = '128MB'")
        for kind, columns in LAYOUTS.items():
            body = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
            self._connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_table(kind), body)
            )
        self._connection.execute("CREATE TEMPORARY TABLE ibge (code text, name text, uf text) ON COMMIT DROP")
        self._copy("ibge", "COPY ibge FROM STDIN", _municipalities())

    def copy(self, kind: str, chunks: Iterable[bytes]) -> int:
        """Stream a file's bytes into its table; the number of lines. psycopg.DataError names the line that is wrong."""
        # NUL bytes occur in the published files, and no text of PostgreSQL holds them.
        clean = (chunk.replace(b"\x00", b"") for chunk in chunks)
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, DELIMITER ';', ENCODING 'LATIN1')").format(_table(kind))
        return self._copy(kind, statement, clean)

    def merge(self, as_of: date, ufs: Sequence[str] | None = None) -> int:
        """Turn all that was copied into suppliers, of some states only when they are given; how many were written.

        A record that a provider answered later than `as_of` stays.
        """
        for kind, key in _KEYS.items():
            self._connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(_table(kind), sql.Identifier(key)))
        for kind in LAYOUTS:
            self._connection.execute(sql.SQL("ANALYZE {}").format(_table(kind)))
        self._connection.execute(_PARTNERS)
        self._connection.execute("CREATE INDEX ON partners (root)")
        self._connection.execute("ANALYZE partners")
        written = self._connection.execute(_UPSERT, {"as_of": as_of, "ufs": list(ufs) if ufs else None})
        self._connection.execute(_RETRACT)
        return written.rowcount

    def _copy(self, _kind: str, statement: Any, chunks: Iterable[bytes]) -> int:
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for chunk in chunks:
                    copy.write(chunk)
            return cursor.rowcount


def _table(kind: str) -> sql.Identifier:
    return sql.Identifier(f"od_{kind}")


def _municipalities() -> Iterator[bytes]:
    """IBGE's codes under names as Receita Federal writes them: capitals without accents."""
    for found in municipality.all_municipalities():
        bare = "".join(letter for letter in normalize("NFKD", found.name) if not combining(letter)).upper()
        yield f"{found.code}\t{bare}\t{found.uf}\n".encode()
