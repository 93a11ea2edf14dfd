"""The audit log on a real database: append-only, chained under concurrency, and telling of any tampering."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import LiteralString

import psycopg
import pytest
from httpx2 import AsyncClient
from psycopg.errors import RestrictViolation
from pydantic import SecretStr
from sqlalchemy import func, select
from tests.factories.identity import Accounts

from malha.db import Database
from malha.identity.errors import AuditLogBrokenError
from malha.identity.models import AuditEntry, AuditLink, AuditSeal
from malha.identity.rules.access import Role
from malha.identity.rules.audit_check import ProblemKind
from malha.identity.service import (
    Act,
    AuditLogReport,
    Origin,
    ensure_seal,
    keyring_of,
    seal_audit_log,
    system_trail,
    verify_audit_log,
)
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import SecuritySettings, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def installation_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def intruder(settings: Settings) -> Iterator[psycopg.Connection]:
    """Somebody with all rights over the database, who switches the triggers off."""
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
async def sealed(database: Database, security: SecuritySettings) -> None:
    """A log of six entries, of which the seal covers four."""
    async with database.session() as session:
        await ensure_seal(session, keyring_of(security))
        await session.commit()
    await write(database, security, 4)
    assert await seal(database, security) == 4
    await write(database, security, 2)


def act(number: int) -> Act:
    return Act(
        entity_type="expense",
        entity_id=number,
        action="APPROVE",
        previous_state={"status": "MANUAL_REVIEW", "score": 0.1, "large": 1e16},
        new_state={"status": "APPROVED", "amount": Decimal("10.50"), "reviewer": "João"},
        metadata={"number": number},
    )


async def write(database: Database, security: SecuritySettings, count: int) -> None:
    trail = system_trail(security, new_id(), origin=Origin("192.0.2.1", "curl/8"))
    async with database.session() as session:
        await trail.record(session, *(act(number) for number in range(count)))
        await session.commit()


async def seal(database: Database, security: SecuritySettings) -> int | None:
    async with database.session() as session:
        sealed = await seal_audit_log(session, security)
        await session.commit()
        return sealed


async def verify(database: Database, security: SecuritySettings) -> AuditLogReport:
    async with database.read_session() as session:
        return await verify_audit_log(session, security)


async def kinds(database: Database, security: SecuritySettings) -> set[ProblemKind]:
    report = await verify(database, security)
    assert "NOT INTACT" in report.describe()
    return {problem.kind for problem in report.problems}


@pytest.mark.usefixtures("sealed")
async def test_an_untouched_log_verifies(database: Database, security: SecuritySettings) -> None:
    report = await verify(database, security)
    assert report.is_intact
    assert (report.head_seq, report.sealed_seq) == (6, 4)
    assert "intact: 6 entries" in report.describe()


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'REJECT'",
        "UPDATE audit_log SET action = 'REJECT' WHERE false",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "UPDATE audit_log_links SET seq = seq + 10",
        "DELETE FROM audit_log_links",
        "TRUNCATE audit_log_links CASCADE",
    ],
)
async def test_the_database_refuses_to_change_what_was_written(settings: Settings, statement: LiteralString) -> None:
    with psycopg.connect(libpq_url(settings.database.url)) as owner, pytest.raises(RestrictViolation):
        owner.execute(statement)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        ("UPDATE audit_log SET action = 'REJECT' WHERE entity_id = '3'", ProblemKind.ENTRY_CHANGED),
        (
            "UPDATE audit_log SET new_state = replace(new_state::text, '10.50', '10.51')::json",
            ProblemKind.ENTRY_CHANGED,
        ),
        ("UPDATE audit_log SET new_state = (new_state::text || ' ')::json", ProblemKind.ENTRY_CHANGED),
        ("UPDATE audit_log SET performed_at = performed_at + interval '1 microsecond'", ProblemKind.ENTRY_CHANGED),
        ("UPDATE audit_log SET mac = set_byte(mac, 7, get_byte(mac, 7) # 1)", ProblemKind.ENTRY_CHANGED),
        (
            "UPDATE audit_log_links SET hash = set_byte(hash, 7, get_byte(hash, 7) # 1) WHERE seq = 2",
            ProblemKind.LINK_BROKEN,
        ),
        ("DELETE FROM audit_log WHERE entity_id = '2'", ProblemKind.ENTRY_MISSING),
        ("DELETE FROM audit_log_links WHERE seq = 2", ProblemKind.LINK_MISSING),
        ("DELETE FROM audit_log_links WHERE seq = 1", ProblemKind.LINK_MISSING),
        ("DELETE FROM audit_log_links WHERE seq > 3", ProblemKind.TRUNCATED),
        ("DELETE FROM audit_log_links WHERE seq = 6", ProblemKind.ENTRY_UNLINKED),
        ("DELETE FROM audit_log_seal", ProblemKind.SEAL_MISSING),
        ("UPDATE audit_log_seal SET seq = 3", ProblemKind.SEAL_FORGED),
        (
            "UPDATE audit_log_links SET entry_id = (array(SELECT entry_id FROM audit_log_links WHERE seq IN (2, 3) "
            "ORDER BY seq DESC))[seq - 1] WHERE seq IN (2, 3)",
            ProblemKind.LINK_BROKEN,
        ),
    ],
)
async def test_tampering_shows(
    database: Database,
    security: SecuritySettings,
    intruder: psycopg.Connection,
    tampering: LiteralString,
    expected: ProblemKind,
) -> None:
    intruder.execute("ALTER TABLE audit_log_links DROP CONSTRAINT uq_audit_log_links_entry_id")
    assert intruder.execute(tampering).rowcount > 0
    assert expected in await kinds(database, security)


@pytest.mark.usefixtures("sealed")
async def test_an_entry_written_around_the_trigger_shows(
    database: Database, security: SecuritySettings, intruder: psycopg.Connection
) -> None:
    intruder.execute(
        "INSERT INTO audit_log SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* "
        "FROM audit_log a LIMIT 1"
    )
    assert await kinds(database, security) == {ProblemKind.ENTRY_UNLINKED}


_RELINK: LiteralString = """
DO $$
DECLARE
    link record;
    head bytea := decode(repeat('00', 32), 'hex');
    next_seq bigint := 0;
BEGIN
    FOR link IN
        SELECT l.entry_id, a.mac FROM audit_log_links l JOIN audit_log a ON a.id = l.entry_id ORDER BY l.seq
    LOOP
        next_seq := next_seq + 1;
        head := sha256(head || int8send(next_seq) || uuid_send(link.entry_id) || link.mac);
        UPDATE audit_log_links SET seq = next_seq, hash = head WHERE entry_id = link.entry_id;
    END LOOP;
END $$
"""


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_log WHERE id = (SELECT entry_id FROM audit_log_links WHERE seq = 2)",
        "UPDATE audit_log_links SET seq = CASE seq WHEN 2 THEN 103 ELSE 102 END WHERE seq IN (2, 3)",
    ],
)
async def test_a_chain_computed_again_does_not_fit_the_seal(
    database: Database, security: SecuritySettings, intruder: psycopg.Connection, tampering: LiteralString
) -> None:
    intruder.execute(tampering)
    intruder.execute("DELETE FROM audit_log_links l WHERE NOT EXISTS (SELECT FROM audit_log WHERE id = l.entry_id)")
    intruder.execute(_RELINK)
    assert await kinds(database, security) == {ProblemKind.SEAL_MISMATCH}
    with pytest.raises(AuditLogBrokenError):
        await seal(database, security)


@pytest.mark.usefixtures("sealed")
async def test_a_broken_chain_is_not_sealed(
    database: Database, security: SecuritySettings, intruder: psycopg.Connection
) -> None:
    intruder.execute(
        "UPDATE audit_log SET action = 'X' WHERE id = (SELECT entry_id FROM audit_log_links WHERE seq = 5)"
    )
    with pytest.raises(AuditLogBrokenError, match="entry-changed at link 5"):
        await seal(database, security)
    intruder.execute("DELETE FROM audit_log_seal")
    with pytest.raises(AuditLogBrokenError, match="seal-missing"):
        await seal(database, security)


@pytest.mark.usefixtures("sealed")
async def test_a_seal_that_was_taken_away_is_not_made_anew(
    database: Database, security: SecuritySettings, intruder: psycopg.Connection
) -> None:
    intruder.execute("DELETE FROM audit_log_seal")
    async with database.session() as session:
        await ensure_seal(session, keyring_of(security))
        await session.commit()
    assert ProblemKind.SEAL_MISSING in await kinds(database, security)


@pytest.mark.usefixtures("sealed")
async def test_sealing_twice_seals_once(database: Database, security: SecuritySettings) -> None:
    assert await seal(database, security) == 6
    assert await seal(database, security) is None
    assert (await verify(database, security)).sealed_seq == 6


@pytest.mark.usefixtures("sealed")
async def test_a_replaced_secret_key_still_verifies_while_it_is_named(
    database: Database, security: SecuritySettings
) -> None:
    rotated = security.model_copy(update={"secret_key": SecretStr("the next secret key, also long enough")})
    assert await kinds(database, rotated) == {ProblemKind.KEY_UNKNOWN}
    remembering = rotated.model_copy(update={"former_secret_keys": [security.secret_key]})
    await write(database, remembering, 1)
    assert (await verify(database, remembering)).is_intact
    assert await seal(database, remembering) == 7


async def test_concurrent_writers_make_one_chain(database: Database, security: SecuritySettings) -> None:
    async def one(number: int) -> None:
        async with database.session() as session:
            await system_trail(security, new_id()).record(session, act(number))
            await asyncio.sleep(0)
            await system_trail(security).record(session, act(number), act(number))
            await session.commit()

    await asyncio.gather(*(one(number) for number in range(60)))
    report = await verify(database, security)
    assert [problem.kind for problem in report.problems] == [ProblemKind.SEAL_MISSING]
    assert report.head_seq == 180


async def test_an_open_transaction_holds_up_no_other(database: Database, security: SecuritySettings) -> None:
    async with database.session() as slow:
        await system_trail(security).record(slow, act(1))
        async with asyncio.timeout(5):
            await write(database, security, 1)
        await slow.commit()
    assert (await verify(database, security)).head_seq == 2


async def test_an_entry_shares_the_fate_of_its_act(database: Database, security: SecuritySettings) -> None:
    async with database.session() as session:
        await system_trail(security).record(session, act(1))
        savepoint = await session.begin_nested()
        await system_trail(security).record(session, act(2))
        await savepoint.rollback()
        await session.commit()
    async with database.session() as session:
        await system_trail(security).record(session, act(3))
        await session.rollback()
    async with database.read_session() as session:
        assert list(await session.scalars(select(AuditEntry.entity_id))) == ["1"]
        assert await session.scalar(select(func.count()).select_from(AuditLink)) == 1


@pytest.mark.usefixtures("sealed")
async def test_the_seal_stays_one_row(database: Database) -> None:
    async with database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(AuditSeal)) == 1


async def test_owners_read_the_log_of_their_workspace(client: AsyncClient, accounts: Accounts) -> None:
    owner, stranger = await accounts.add(), await accounts.add()
    editor = await accounts.add_member(owner.workspace_id, Role.EDITOR)
    url = f"/workspaces/{owner.workspace_id}"
    headers = {**owner.headers, "User-Agent": "tests"}
    for name in ("A", "B", "C"):
        await client.patch(url, json={"name": name}, headers=headers)
    page = (await client.get("/audit-log?limit=2&action=WORKSPACE_UPDATED", headers=owner.headers)).json()
    assert [entry["new_state"]["name"] for entry in page["items"]] == ["C", "B"]
    newest = page["items"][0]
    assert newest["previous_state"] == {"name": "B"}
    assert newest["actor_id"] == str(owner.id)
    assert newest["client_ip"].startswith("192.0.2.")
    assert newest["user_agent"] == "tests"
    rest = await client.get(f"/audit-log?action=WORKSPACE_UPDATED&cursor={page['next_cursor']}", headers=owner.headers)
    assert [entry["new_state"]["name"] for entry in rest.json()["items"]] == ["A"]
    theirs = (await client.get("/audit-log", headers=stranger.headers)).json()["items"]
    assert [(entry["action"], entry["entity_id"]) for entry in theirs] == [
        ("WORKSPACE_CREATED", str(stranger.workspace_id))
    ]
    inside = {**editor.headers, "X-Workspace-Id": str(owner.workspace_id)}
    assert (await client.get("/audit-log", headers=inside)).json()["code"] == "role-insufficient"


async def test_the_log_is_filtered_by_entity_actor_and_time(client: AsyncClient, accounts: Accounts) -> None:
    admin = await accounts.add(is_superuser=True)
    account = await accounts.add()

    async def count(**parameters: str) -> int:
        answer = await client.get("/audit-log", params={"everything": "true", **parameters}, headers=admin.headers)
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    assert await count(entity_type="user", entity_id=str(account.id)) == 2
    assert await count(actor_id=str(account.id)) == 1
    assert await count(actor_id=str(account.id), until="2020-01-01T00:00:00") == 0
    assert await count(actor_id=str(account.id), since="2020-01-01T00:00:00Z") == 1
    refused = await client.get("/audit-log?everything=true", headers=account.headers)
    assert refused.status_code == 403
