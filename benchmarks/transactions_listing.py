"""Any page of 10,000,000 transactions beside the first page: deep, in the middle, filtered, by date and by amount.

Each page is listed as the API lists it, in turn with the others; the pages' places are chosen through the database, as
a reader's cursor would name them. The anchor is the first page of the same list, and for a filter's first page that of
the whole list.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from _report import Series, Verdict, finish, parse_arguments
from psycopg import sql

from malha.banking.models import Transaction
from malha.banking.repository.listing import Sorting, TransactionFilter, cursor_after, list_transactions
from malha.db import Database
from malha.db.migrate import upgrade
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings, get_settings

ROWS, QUICK_ROWS = 10_000_000, 300_000
ACCOUNTS, OTHER_SHARE = 1_000, 20
PAGE = 100
DATABASE = "malha_benchmark_listing"
FIRST_DAY, DAYS = date(2022, 1, 1), 1460
WORKSPACE = UUID(int=1)
STRANGER = UUID(int=2)
CENTER = UUID(int=3)

_CENTER = "INSERT INTO cost_centers (id, workspace_id, code, name) VALUES (%(center)s, %(workspace)s, '1', 'Edifício')"
_ACCOUNTS = """
INSERT INTO bank_accounts (id, workspace_id, cost_center_id, name)
SELECT lpad(to_hex(n), 32, '0')::uuid, CASE WHEN n %% %(other)s = 0 THEN %(stranger)s ELSE %(workspace)s END::uuid,
       CASE WHEN n <= 20 THEN %(center)s END::uuid, 'Conta ' || n FROM generate_series(1, %(accounts)s) n
"""
_TRANSACTIONS = """
INSERT INTO bank_transactions (id, workspace_id, account_id, day, amount, direction, status, occurred_at, description,
                               counterpart_document, source, identity)
SELECT gen_random_uuid(), CASE WHEN account %% %(other)s = 0 THEN %(stranger)s ELSE %(workspace)s END::uuid,
       lpad(to_hex(account), 32, '0')::uuid, day, amount,
       CASE WHEN n %% 10 < 3 THEN 'CREDIT' ELSE 'DEBIT' END, CASE WHEN n %% 5000 = 0 THEN 'PENDING' ELSE 'POSTED' END,
       day::timestamptz + interval '3 h', 'PIX ENVIADO FORNECEDOR ' || n %% 5000,
       CASE WHEN n %% 4 = 0 THEN lpad((n %% 500)::text, 14, '0') END, 'OFX', int8send(n)
FROM (
    SELECT n, 1 + n %% %(accounts)s AS account, %(first)s::date + (hashint8(n) & 2147483647) %% %(days)s AS day,
           ((hashint8(n * 7) & 2147483647) %% 500000 + 1)::numeric / 100 AS amount
    FROM generate_series(%(start)s::bigint, %(end)s::bigint) n
) numbered
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'bank_transactions' AND indexname LIKE 'ix_%%'"


@dataclass(frozen=True, slots=True)
class Page:
    """One page to be listed: its name, what it is compared with, and how it is asked for."""

    name: str
    anchor: str
    order: Sorting
    wanted: TransactionFilter
    cursor: str | None = None


def make_database(server: str, rows: int) -> str:
    """A fresh database, filled before its lists' indexes are built; its URL."""
    parts = urlsplit(libpq_url(server))
    url = f"{parts.scheme}://{parts.netloc}/{DATABASE}" + (f"?{parts.query}" if parts.query else "")
    drop_database(server)
    with psycopg.connect(libpq_url(server), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    upgrade(url)
    named = {"workspace": WORKSPACE, "stranger": STRANGER, "accounts": ACCOUNTS, "other": OTHER_SHARE}
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET synchronous_commit = off")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        connection.execute("ALTER TABLE bank_transactions DROP CONSTRAINT uq_bank_transactions_account_id_identity")
        connection.execute(
            "ALTER TABLE bank_transactions DROP CONSTRAINT fk_bank_transactions_account_id_bank_accounts"
        )
        connection.execute(_CENTER, {"center": CENTER, "workspace": WORKSPACE})
        connection.execute(_ACCOUNTS, {**named, "center": CENTER})
        dates = {"first": FIRST_DAY, "days": DAYS}
        connection.execute(_TRANSACTIONS, {**named, **dates, "start": 1, "end": rows})
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM (ANALYZE) bank_transactions")
        connection.execute("CHECKPOINT")
    return url


def drop_database(server: str) -> None:
    """Remove what the benchmark made."""
    with psycopg.connect(libpq_url(server), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


class Listing:
    """Lists pages through the repository, each in a session of its own, as a request does."""

    def __init__(self, url: str) -> None:
        self.database = Database(DatabaseSettings(url=url, pool_size=1, statement_timeout_seconds=600))
        self.principal = replace(Principal.operator(), via="jwt", workspace_id=WORKSPACE)

    async def seconds(self, page: Page) -> float:
        """The time that one page takes."""
        started = time.perf_counter()
        rows = await self.rows(page)
        elapsed = time.perf_counter() - started
        if len(rows) != PAGE:
            raise RuntimeError(f"{page.name}: {len(rows)} rows")
        return elapsed

    async def rows(self, page: Page) -> list[Transaction]:
        """The rows of a page."""
        async with self.database.read_session() as session:
            found = await list_transactions(
                session, self.principal, page.wanted, sorting=page.order, window=Window(PAGE, page.cursor)
            )
        return found.items

    async def deepened(self, page: Page, name: str, start: date | None = None, amount: Decimal | None = None) -> Page:
        """The same list from a place far inside, found with a filter and then asked for by its cursor alone."""
        limits = {"day_to": start} if start else {"amount_to": amount}
        place = await self.rows(replace(page, wanted=replace(page.wanted, **limits)))
        return replace(page, name=name, anchor=page.name, cursor=cursor_after(page.order, place[0]))


async def choose_pages(listing: Listing) -> list[Page]:
    """First pages, and pages deep inside the same lists."""
    everything, account = TransactionFilter(), TransactionFilter(account_ids=[UUID(int=7)])
    debits = TransactionFilter(direction="DEBIT")
    center = TransactionFilter(cost_center_id=CENTER)
    supplier = TransactionFilter(counterpart="00000000000012")
    by_day = Page("by date: first page", "", Sorting.NEWEST, everything)
    by_amount = Page("by amount: first page", "", Sorting.LARGEST, everything)
    middle, deep = FIRST_DAY + timedelta(DAYS // 2), FIRST_DAY + timedelta(3)
    pages = [by_day, by_amount]
    pages.append(await listing.deepened(by_day, "by date: middle", middle))
    pages.append(await listing.deepened(by_day, "by date: deepest", deep))
    pages.append(await listing.deepened(by_amount, "by amount: middle", amount=Decimal(2500)))
    pages.append(await listing.deepened(by_amount, "by amount: deepest", amount=Decimal(20)))
    filters = {
        "one account": account,
        "debits": debits,
        "one month": TransactionFilter(day_from=middle, day_to=middle + timedelta(30)),
        "one supplier": supplier,
    }
    filtered = {
        label: Page(f"by date: {label}", by_day.name, Sorting.NEWEST, wanted) for label, wanted in filters.items()
    }
    # A list of several accounts has a first page of its own to be measured by: each account adds to its cost.
    by_center = Page("by date: one cost centre of 19 accounts", "", Sorting.NEWEST, center)
    pages += [*filtered.values(), Page("by amount: one account", by_amount.name, Sorting.LARGEST, account), by_center]
    half, twentieth = FIRST_DAY + timedelta(DAYS // 2), FIRST_DAY + timedelta(DAYS // 20)
    for plain, day in ((filtered["one account"], half), (filtered["debits"], twentieth), (by_center, twentieth)):
        pages.append(await listing.deepened(plain, f"{plain.name}, deep", day))
    return pages


async def measure(url: str, rounds: int) -> tuple[list[Page], dict[str, list[float]]]:
    """Milliseconds of every page, in turn."""
    listing = Listing(url)
    pages = await choose_pages(listing)
    times: dict[str, list[float]] = {page.name: [] for page in pages}
    for number in range(rounds + 3):
        for page in pages:
            elapsed = await listing.seconds(page)
            if number >= 3:
                times[page.name].append(elapsed * 1000)
    await listing.database.dispose()
    return pages, times


def main() -> None:
    """Measure and judge."""
    quick = parse_arguments(__doc__ or "").quick
    rows = QUICK_ROWS if quick else ROWS
    server = os.environ.get("BENCHMARK_DATABASE_URL") or get_settings().database.url
    started = time.perf_counter()
    url = make_database(server, rows)
    print(f"{rows:,} transactions in {ACCOUNTS:,} accounts made in {time.perf_counter() - started:.0f} s")
    try:
        pages, times = asyncio.run(measure(url, 30 if quick else 100))
    finally:
        drop_database(server)
    series = {page.name: Series(page.name, times[page.name], "ms") for page in pages}
    verdicts = [
        Verdict(
            f"transactions_listing {page.name}", series[page.name].median / series[page.anchor].median, 2, at_most=True
        )
        for page in pages
        if page.anchor
    ]
    finish(list(series.values()), verdicts)


if __name__ == "__main__":
    main()
