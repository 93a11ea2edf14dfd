"""A statement of a million entries imported end to end: the worker's own memory, and seconds.

A worker of its own process takes an OFX file through the handler: the child reads, the database keeps what waits, and
this process holds no more than a portion. Then the same file once more, of which nothing is new.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import threading
import time
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
from _report import Verdict, finish, parse_arguments

from malha.banking.service import import_statement, stream_file
from malha.db import Database
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import get_settings
from malha.storage import Storage

ENTRIES = 1_000_000
MOST_MEBIBYTES = 256.0
MOST_SECONDS = 600.0
_HEAD = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>BRL\n"
_HEAD += "<BANKACCTFROM><BANKID>0341<ACCTID>12345-6<ACCTTYPE>CHECKING</BANKACCTFROM>\n<BANKTRANLIST>\n"
_TAIL = "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"


def write_file(path: Path) -> None:
    """A year of entries, some of them alike on a day."""
    with path.open("w", encoding="ascii") as file:
        file.write(_HEAD)
        for number in range(ENTRIES):
            month, day = 1 + number * 12 // ENTRIES, 1 + number % 28
            file.write(
                f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>2026{month:02}{day:02}<TRNAMT>-{number % 90_000 / 100 + 1:.2f}"
                f"<FITID>F{number}<MEMO>PIX ENVIADO {number % 500_000}</STMTTRN>\n"
            )
        file.write(_TAIL)


def fill() -> list[UUID]:
    """An account with two statements that wait for the same file."""
    workspace, account, job = new_id(), new_id(), new_id()
    insert_account = "INSERT INTO bank_accounts (id, workspace_id, name) VALUES (%s, %s, 'Conta')"
    record.execute(insert_account, [account, workspace])
    ids = [new_id(), new_id()]
    for id_ in ids:
        record.execute(
            "INSERT INTO bank_statements (id, workspace_id, account_id, job_id, name, sha256, size, storage_path)"
            " VALUES (%s, %s, %s, %s, 'a.ofx', '', 0, 'a.ofx')",
            [id_, workspace, account, job],
        )
    return ids


class Peak:
    """The greatest resident memory of this process above what it was, in MiB."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        self._is_over = threading.Event()
        self.mebibytes = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            self.mebibytes = max(self.mebibytes, (self._process.memory_info().rss - self._before) / 1024 / 1024)

    def stop(self) -> float:
        self._is_over.set()
        return self.mebibytes


async def import_one(database: Database, storage: Storage, statement_id: UUID) -> tuple[int, float]:
    """How many were added, and in how many seconds."""
    started = time.perf_counter()
    async with database.session() as session, aclosing(stream_file(storage, "a.ofx", None)) as items:
        result = await import_statement(session, statement_id, items)
        await session.commit()
    assert result is not None
    return int(result["added"]), time.perf_counter() - started


async def main() -> None:
    """Import twice and judge."""
    parse_arguments(__doc__ or "")
    database = Database(get_settings().database)
    with tempfile.TemporaryDirectory() as folder:
        write_file(Path(folder) / "a.ofx")
        size = (Path(folder) / "a.ofx").stat().st_size / 1024 / 1024
        storage = Storage.local(Path(folder))
        first, second = fill()
        peak = Peak()
        added, seconds = await import_one(database, storage, first)
        again, seconds_again = await import_one(database, storage, second)
        memory = peak.stop()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{ENTRIES} entries of {size:.0f} MiB: {added} added in {seconds:.0f} s; again {again} in {seconds_again:.0f} s"
    )
    print(f"this process grew by {memory:.0f} MiB, no child was above {children:.0f} MiB")
    finish(
        [],
        [
            Verdict("statement_memory entries added", added, ENTRIES, at_most=False),
            Verdict("statement_memory added again", again, 0, at_most=True),
            Verdict("statement_memory worker MiB", memory, MOST_MEBIBYTES, at_most=True),
            Verdict("statement_memory seconds", max(seconds, seconds_again), MOST_SECONDS, at_most=True),
        ],
    )


if __name__ == "__main__":
    with psycopg.connect(libpq_url(get_settings().database.url), autocommit=True) as record:
        asyncio.run(main())
