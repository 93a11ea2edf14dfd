"""Searching 1,000,000 procurements and 5,000,000 items: every class of query in 100 ms, first page and page 1,000.

A query is asked as the API asks it, page rows and highlights included: once each by a connection that has not seen it
("first"), then again in turn with all others ("again"). Page 1,000 is the last ten of the ten thousand that are ranked.
The anchor is what one writes first: every match ranked and sorted.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from _procurement_world import World
from _report import Series, Verdict, finish, parse_arguments
from psycopg import sql

from malha.db import Database
from malha.db.migrate import upgrade
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.kit.urls import libpq_url
from malha.procurement.repository import searching
from malha.procurement.rules.folding import fold
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.service import search_items, search_procurements
from malha.settings import DatabaseSettings, get_settings

PROCUREMENTS, ITEMS = 1_000_000, 5_000_000
QUICK_PROCUREMENTS, QUICK_ITEMS = 60_000, 300_000
PAGE, LAST_PAGE = 10, 1_000
TARGET_MS = 100.0
DATABASE = "malha_benchmark_search"
RARE, MEDIUM = (20, 200), (0.004, 0.02)
"""Rows that a word is in: as a number, as a share."""

_COPIES = {
    "procurement_organs": "cnpj, name, sphere, power",
    "procurement_units": "organ_cnpj, code, name, uf, city, city_code",
    "procurements": "control_number, organ_cnpj, unit_code, uf, city_code, year, sequence, number, process, modality_id, "
    "modality_name, situation_id, situation_name, object, additional_information, source_link, estimated_total, "
    "published_at, version_at, digest, items_state",
    "procurement_items": "control_number, number, description, quantity, unit, nature, estimated_unit_value, "
    "estimated_total, situation_id, situation_name, ncm_code, catalog_code, raw, published_at, organ_cnpj, uf, "
    "city_code, modality_id",
}
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('procurements', 'procurement_items') AND indexname LIKE 'ix_%%'
"""
_NAIVE = """
SELECT control_number FROM {table} WHERE search @@ {query}
ORDER BY ts_rank(search, {query}) DESC LIMIT 10
"""
Search = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of one query."""

    kind: str
    query: RecordQuery
    cursor: str | None = None


@dataclass(slots=True)
class Times:
    """Milliseconds of a class."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


def make_database(server: str, procurements: int, items: int) -> str:
    """A fresh database, filled before its indexes are built; its URL."""
    parts = urlsplit(libpq_url(server))
    url = f"{parts.scheme}://{parts.netloc}/{DATABASE}" + (f"?{parts.query}" if parts.query else "")
    drop_database(server)
    with psycopg.connect(libpq_url(server), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    upgrade(url)
    world = World(procurements)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET session_replication_role = replica")  # neither foreign keys nor triggers
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        _copy(connection, "procurement_organs", world.organ_lines())
        _copy(connection, "procurement_units", world.unit_lines())
        _copy(connection, "procurements", world.procurement_lines())
        _copy(connection, "procurement_items", world.item_lines(items))
        for name, definition in indexes:
            started = time.perf_counter()
            connection.execute(definition)
            say(f"  {name} built in {time.perf_counter() - started:.0f} s")
        connection.execute("VACUUM (ANALYZE) procurements, procurement_items, procurement_organs, procurement_units")
        connection.execute("CHECKPOINT")
    return url


def _copy(connection: psycopg.Connection[tuple[object, ...]], table: str, lines: Iterator[str]) -> None:
    started, rows = time.perf_counter(), 0
    pieces: list[str] = []
    with connection.cursor().copy(f"COPY {table} ({_COPIES[table]}) FROM STDIN") as copy:
        for line in lines:
            rows += 1
            pieces.append(line)
            if len(pieces) == 2_000:
                copy.write("".join(pieces).encode())
                pieces.clear()
        copy.write("".join(pieces).encode())
    say(f"  {rows:,} {table} copied in {time.perf_counter() - started:.0f} s")


def say(text: str) -> None:
    """At once: loading takes minutes."""
    print(text, flush=True)


def drop_database(server: str) -> None:
    """Remove what the benchmark made."""
    with psycopg.connect(libpq_url(server), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


class Lexicon:
    """Which words are in how many rows."""

    def __init__(self, url: str, table: str) -> None:
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            found = connection.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table]).fetchone()
            self.rows = int(found[0]) if found else 0
            share = min(1.0, 60_000 / self.rows)
            sample = f"SELECT search FROM {table} WHERE random() < {share}"
            words = connection.execute(
                "SELECT word, ndoc FROM ts_stat(%s) WHERE word ~ '^[a-z]{5,}$' ORDER BY word", [sample]
            ).fetchall()
        self.shares = {str(word): count / (share * self.rows) for word, count in words}

    def medium(self, count: int) -> list[str]:
        """Words of a hundredth of the rows."""
        low, high = MEDIUM
        return _spread([word for word, share in self.shares.items() if low <= share <= high], count)

    def rare(self, url: str, table: str, count: int) -> list[str]:
        """Words of some dozen rows, counted."""
        low, high = RARE
        guesses = sorted(self.shares, key=lambda word: self.shares[word])[: count * 40]
        chosen: list[str] = []
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            for word in _spread(guesses, count * 40):
                query = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE search @@ %s::tsquery LIMIT 500) AS some"
                row = connection.execute(query, [word]).fetchone()
                if row and low <= int(row[0]) <= high:
                    chosen.append(word)
                if len(chosen) == count:
                    break
        return chosen


def _spread(words: list[str], count: int) -> list[str]:
    step = max(1, len(words) // count)
    return words[::step][:count]


class Searcher:
    """Asks as the API does, each page in a session of its own."""

    def __init__(self, url: str, search: Search) -> None:
        self.database = Database(DatabaseSettings(url=url, pool_size=1, statement_timeout_seconds=600))
        self.principal = Principal.operator()
        self.search = search

    async def seconds(self, asked: Asked) -> float:
        """How long one page takes."""
        started = time.perf_counter()
        async with self.database.read_session() as session:
            await self.search(session, self.principal, asked.query, Window(PAGE, asked.cursor))
        return time.perf_counter() - started

    async def last_page(self, kind: str, query: RecordQuery, listing: searching.Listing) -> Asked | None:
        """The page that ends with the ten thousandth row, where there are as many."""
        window = Window(PAGE * (LAST_PAGE - 1))
        async with self.database.read_session() as session:
            found = await searching.find_page(session, listing, query.wanted(), query.sorting, window)
        return Asked(kind, query, found.next_cursor) if found.next_cursor else None


def queries(
    frequent: list[str], phrases: list[str], medium: list[str], rare: list[str]
) -> dict[str, list[RecordQuery]]:
    """The mix: by class the same number of queries, all different."""
    states, modalities = ("SP", "MG", "AC", "RR", "BA"), (6, 8, 9)
    return {
        "rare word": [RecordQuery(q=word) for word in rare],
        "medium word": [RecordQuery(q=word) for word in medium],
        "word in a third": [RecordQuery(q=word) for word in frequent],
        "phrase": [RecordQuery(q=f'"{phrase}"') for phrase in phrases],
        "two words": [RecordQuery(q=f"{frequent[no % len(frequent)]} {word}") for no, word in enumerate(medium)],
        "word in a third, not another": [RecordQuery(q=f"{frequent[0]} -{word}") for word in medium],
        "word in a third of a state": [RecordQuery(q=word, uf=[state]) for word in frequent for state in states],
        "medium word of a state and a modality": [
            RecordQuery(q=word, uf=[states[no % 5]], modality=[modalities[no % 3]]) for no, word in enumerate(medium)
        ],
        "word in a third above a value": [
            RecordQuery(q=word, value_from=value) for word in frequent for value in (5_000_000, 80_000, 1_000_000)
        ],
        "word in a third, by date": [RecordQuery(q=word, sort="newest") for word in frequent],
        "rare word, by date": [RecordQuery(q=word, sort="newest") for word in rare],
        "a state, by date": [RecordQuery(uf=[state]) for state in states],
    }


DEEP = (
    "medium word",
    "word in a third",
    "phrase",
    "word in a third of a state",
    "word in a third, by date",
    "a state, by date",
)


async def measure(
    searcher: Searcher, listing: searching.Listing, mix: dict[str, list[RecordQuery]], rounds: int
) -> dict[str, Times]:
    """Milliseconds of every class, the classes in turn."""
    asked = [Asked(f"{listing.name}: {kind}", query) for kind, some in mix.items() for query in some]
    for kind in DEEP:
        for query in mix[kind][:5]:
            page = await searcher.last_page(f"{listing.name}: {kind}, page {LAST_PAGE:,}", query, listing)
            asked += [page] if page else []
    await searcher.database.dispose()  # connections that have seen nothing
    times: dict[str, Times] = {}
    for turn in range(rounds + 1):
        for page in asked:
            elapsed = await searcher.seconds(page) * 1000
            found = times.setdefault(page.kind, Times())
            (found.again if turn else found.first).append(elapsed)
    await searcher.database.dispose()
    return times


def rank_everything(url: str, table: str, words: list[str]) -> list[float]:
    """Milliseconds of the anchor."""
    times: list[float] = []
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        for word in words:
            started = time.perf_counter()
            query = f"'{fold(word).strip()}'"
            asked = f"plainto_tsquery('portuguese'::regconfig, {query})"
            connection.execute(_NAIVE.format(table=table, query=asked)).fetchall()  # type: ignore[arg-type] - of our words
            times.append((time.perf_counter() - started) * 1000)
    return times


def p95(values: list[float]) -> float:
    """The value that one in twenty is above."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def report(times: dict[str, Times], anchors: dict[str, list[float]]) -> None:
    """All classes, each with its p95 of both kinds."""
    series: list[Series] = []
    verdicts: list[Verdict] = []
    for kind, found in times.items():
        for name, values in (("first", found.first), ("again", found.again)):
            series.append(Series(f"{kind}, {name}", values, "ms"))
            verdicts.append(Verdict(f"procurement_search {kind}, {name}: p95 ms", p95(values), TARGET_MS, at_most=True))
    series += [Series(f"anchor, {name}", values, "ms") for name, values in anchors.items()]
    finish(series, verdicts)


def main() -> None:
    """Measure and judge. `KEEP_DATABASE=1` leaves the database for the next run, which then does not fill one."""
    quick = parse_arguments(__doc__ or "").quick
    server = os.environ.get("BENCHMARK_DATABASE_URL") or get_settings().database.url
    procurements, items = (QUICK_PROCUREMENTS, QUICK_ITEMS) if quick else (PROCUREMENTS, ITEMS)
    kept = os.environ.get("BENCHMARK_KEPT_URL")
    started = time.perf_counter()
    url = kept or make_database(server, procurements, items)
    say(f"{procurements:,} procurements and {items:,} items made in {time.perf_counter() - started:.0f} s")
    if "--load-only" in sys.argv:
        return
    try:
        times: dict[str, Times] = {}
        anchors: dict[str, list[float]] = {}
        count, rounds = (5, 2) if quick else (20, 5)
        for table, listing, search, frequent, phrases in (
            ("procurements", searching.PROCUREMENTS, search_procurements, ["aquisição", "contratação", "empresa especializada"],
             ["registro de preços", "material de expediente", "gêneros alimentícios", "serviços de engenharia", "secretaria municipal de saúde"]),
            ("procurement_items", searching.ITEMS, search_items, ["material", "cor", "garantia"],
             ["medida 10x20", "primeira qualidade", "aço inoxidável", "validade mínima", "tipo A4"]),
        ):  # fmt: skip
            lexicon = Lexicon(url, table)
            mix = queries(frequent, phrases, lexicon.medium(count), lexicon.rare(url, table, count))
            searcher = Searcher(url, search)
            times |= asyncio.run(measure(searcher, listing, mix, rounds))
            anchors[f"{table}: every match of a word in a third ranked"] = rank_everything(url, table, frequent[:1] * 3)
    finally:
        if kept is None:
            drop_database(server)
    report(times, anchors)


if __name__ == "__main__":
    main()
