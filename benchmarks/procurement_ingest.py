"""How fast records are written, beside a bare COPY with upsert; and whole synchronisations beside a plain client.

Writing: procurements with five items each, from PNCP's own bytes to rows with references, versions and search
columns; the anchor copies rows that are made already into temporary tables and upserts them into the same two tables.
Synchronising: the simulated portal takes 200 ms for every answer; the anchor asks one question after the other and
merges each record through the ORM. Our calls at once are stated; four at once, which is the default, is shown too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, LiteralString, cast

import orjson
import psycopg
from _pncp import Worker, portal, servers, settings_for
from _pncp_plain import ingest_plainly
from _report import Series, Verdict, alternate, finish, parse_arguments

from malha.db import Session
from malha.kit.urls import libpq_url
from malha.procurement.models import Item, Procurement
from malha.procurement.repository import records
from malha.procurement.rules import wire
from malha.procurement.rules.records import item_row, procurement_row
from malha.procurement.service._store import store_records
from malha.simulators.pncp import State, World
from malha.simulators.pncp.bodies import items as item_bodies
from malha.simulators.pncp.entries import PROCUREMENTS
from malha.simulators.pncp.history import stand

BATCH = 500
ITEMS_EACH = 5
DELAY_SECONDS = 0.2
PARALLEL = 40
DAY, MODALITY = date(2026, 11, 9), 8
WRITTEN_LEAST = 0.3
FASTER_LEAST = 10.0


def main() -> None:
    quick = parse_arguments(__doc__ or "").quick
    count, rounds = (500, 1) if quick else (3000, 3)
    with servers() as (services, _home):
        state = State(world=World(1, 0.2))
        pages = make_pages(state, count)
        with portal(state) as host:
            worker = Worker(settings_for(services, host, modalities=[MODALITY], parallel=PARALLEL))
            print(f"  load at the start {os.getloadavg()[0]:.1f}")
            written = alternate(rounds, lambda: write_ours(worker, pages), lambda: write_barely(worker, pages))
            state.delay_seconds = DELAY_SECONDS
            plain = [plainly(worker, host, most=60 if quick else 300)]
            ours = [synchronize(worker, days=1)]
            worker.close()
            polite = Worker(settings_for(services, host, modalities=[MODALITY], parallel=4))
            four = [] if quick else [synchronize(polite, days=1)]
            polite.close()
    report(written, plain, ours, four)


def make_pages(state: State, count: int) -> list[tuple[bytes, list[bytes]]]:
    """Bodies of lists, and of five items for each of their records."""
    found: list[tuple[bytes, list[bytes]]] = []
    now, day, entries = state.calendar.now(), DAY, []
    while len(entries) < count:
        entries += state.world.published(PROCUREMENTS, day)
        day -= timedelta(days=1)
    for start in range(0, count, BATCH):
        chosen = entries[start : start + BATCH]
        rows = b"[" + b",".join(state.row(entry, now) for entry in chosen) + b"]"
        found.append((rows, [orjson.dumps(five_items(state, entry, now)) for entry in chosen]))
    return found


def five_items(state: State, entry: Any, now: int) -> list[dict[str, Any]]:
    moment = stand(state.world.seed, entry, now)
    body = item_bodies.item(state.world.seed, entry, moment, next(iter(moment.items)))
    return [{**body, "numeroItem": number} for number in range(1, ITEMS_EACH + 1)]


def write_ours(worker: Worker, pages: Sequence[tuple[bytes, list[bytes]]]) -> float:
    """Records a second, from bytes to committed rows."""
    worker.clear()
    began = time.perf_counter()
    for page in pages:
        worker.runtime.run(write_batch(worker, *page))
    return sum(len(items) for _, items in pages) * (1 + ITEMS_EACH) / (time.perf_counter() - began)


async def write_batch(worker: Worker, page: bytes, item_pages: list[bytes]) -> None:
    async with worker.runtime.database.session() as session:
        listed = wire.parse(page)
        await store_records(session, "procurement", listed, is_live=True)
        await fill(session, listed, item_pages)


async def fill(session: Session, listed: list[dict[str, Any]], item_pages: list[bytes]) -> None:
    numbers = [record["numeroControlePNCP"] for record in listed]
    rows = [
        item_row(number, item) for number, body in zip(numbers, item_pages, strict=True) for item in wire.parse(body)
    ]
    digests = await records.digests_to_fill(session, numbers)
    marked = await records.mark_complete(session, {number: (digests[number], ITEMS_EACH) for number in numbers})
    await records.replace_children(session, marked, rows, [])


def write_barely(worker: Worker, pages: Sequence[tuple[bytes, list[bytes]]]) -> float:
    """The same rows, made beforehand, by COPY into temporary tables and one upsert a batch; no versions."""
    worker.record.execute("TRUNCATE procurements CASCADE")
    batches = [bare_rows(*page) for page in pages]
    with psycopg.connect(libpq_url(worker.settings.database.url)) as connection:
        began = time.perf_counter()
        for procurements, items in batches:
            copy_and_upsert(connection, Procurement.__tablename__, "(control_number)", procurements)
            copy_and_upsert(connection, Item.__tablename__, "(control_number, number)", items)
            connection.commit()
        seconds = time.perf_counter() - began
    return sum(len(procurements) + len(items) for procurements, items in batches) / seconds


def bare_rows(page: bytes, item_pages: list[bytes]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    listed = wire.parse(page)
    items = [
        item_row(record["numeroControlePNCP"], item) | {"raw": wire.dump(item)}
        for record, body in zip(listed, item_pages, strict=True)
        for item in wire.parse(body)
    ]
    return [procurement_row(record) for record in listed], items


def _query(text: str) -> LiteralString:
    return cast("LiteralString", text)  # of names that stand in the code


def copy_and_upsert(connection: psycopg.Connection[Any], table: str, key: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    columns, changes = ", ".join(names), ", ".join(f"{name} = excluded.{name}" for name in names)
    connection.execute(_query(f"CREATE TEMP TABLE new ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0"))
    with connection.cursor().copy(_query(f"COPY new ({columns}) FROM STDIN")) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
    connection.execute(
        _query(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new ON CONFLICT {key} DO UPDATE SET {changes}")
    )
    connection.execute("DROP TABLE new")


def plainly(worker: Worker, host: str, *, most: int) -> float:
    """Records a second of the plain client."""
    worker.clear()
    began = time.perf_counter()
    written = ingest_plainly(worker.settings.database.url, host, DAY, MODALITY, most=most)
    return written / (time.perf_counter() - began)


def synchronize(worker: Worker, *, days: int) -> float:
    """Records a second of a whole backfill: read, counted, filled, proved."""
    worker.clear()
    began = time.perf_counter()
    worker.drain(worker.take(DAY, DAY + timedelta(days=days - 1), ["procurements"]))
    seconds = time.perf_counter() - began
    row = worker.record.execute(
        "SELECT (SELECT count(*) FROM procurements) + (SELECT count(*) FROM procurement_items) AS n, "
        "(SELECT count(*) FROM procurement_partitions WHERE state <> 'complete') AS open"
    ).fetchone()
    assert row is not None
    assert row["open"] == 0
    return row["n"] / seconds


def report(written: list[list[float]], plain: list[float], ours: list[float], four: list[float]) -> None:
    sides = [
        Series("written: Malha, bytes to proved rows", written[0], "records/s"),
        Series("written: bare COPY and upsert", written[1], "records/s"),
        Series(f"synchronised: Malha, {PARALLEL} calls at once", ours, "records/s"),
        Series("synchronised: plain client", plain, "records/s"),
        *([Series("synchronised: Malha, 4 calls at once", four, "records/s")] if four else []),
    ]
    print(f"  load at the end {os.getloadavg()[0]:.1f}")
    finish(
        sides,
        [
            Verdict("procurement_ingest to COPY", sides[0].median / sides[1].median, WRITTEN_LEAST, at_most=False),
            Verdict(
                "procurement_ingest to a plain client", sides[2].median / sides[3].median, FASTER_LEAST, at_most=False
            ),
        ],
    )


if __name__ == "__main__":
    main()
