"""The whole application on real services, with a victim whose things nobody else may see or touch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.factories.identity import Account, Accounts

from malha.db import Database
from malha.identity.rules.access import Role
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.main import create_app
from malha.settings import BrokerSettings, DatabaseSettings, SecuritySettings, Settings, UploadSettings

Result = TypeVar("Result")

_STATE = """
SELECT md5(string_agg(content, '|' ORDER BY content)) FROM (
    SELECT to_jsonb(t)::text FROM workspaces t WHERE id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM workspace_invitations t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM jobs t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT (to_jsonb(t) - 'sent_at' - 'sends')::text FROM job_parts t JOIN jobs j ON j.id = t.job_id
        WHERE j.workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM audits t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM expenses t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM service_activities t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM classification_tasks t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM classification_items t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM partnumbers t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM notification_endpoints t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM notification_deliveries t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM notification_messages t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM schedules t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM schedule_runs t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM procurement_saved_searches t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM classifications t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM manufacturers t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM partnumber_products t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM classification_precedents t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM exports t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM procurement_price_references t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM procurement_price_reference_counts t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM cost_centers t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM bank_accounts t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM bank_statements t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT to_jsonb(t)::text FROM bank_transactions t WHERE workspace_id = %(workspace)s
    UNION ALL SELECT (to_jsonb(t) - 'last_used_at')::text FROM api_tokens t WHERE user_id = %(user)s
    UNION ALL SELECT to_jsonb(t)::text FROM login_sessions t WHERE user_id = %(user)s
    UNION ALL SELECT to_jsonb(t)::text FROM workspace_members t
        WHERE workspace_id = %(workspace)s AND user_id = %(user)s
    UNION ALL SELECT to_jsonb(t)::text FROM users t WHERE id = %(user)s
) AS things (content)
"""

_PRICE_REFERENCE = """
INSERT INTO procurement_price_references (id, workspace_id, number, title, created_by, document, digest)
VALUES (%(id)s, %(workspace)s, 1, 'x', %(user)s, '{"law": "x", "title": "x", "created_by": {"email": "x", "id": "x"},
        "created_at": "2026-03-02T12:00:00+00:00", "data_as_of": null, "first": "2026-01-01", "last": "2026-03-01",
        "method": "median", "outliers": [], "justification": "x", "index": null, "items": [], "total": "1.00",
        "warnings": []}', 'x')
"""

_TRANSACTION = """
INSERT INTO bank_transactions (id, workspace_id, account_id, day, amount, direction, status, occurred_at, description,
                               source, identity)
VALUES (%(id)s, %(workspace)s, %(account)s, '2026-03-01', 10, 'DEBIT', 'POSTED', now(), 'PIX', 'OFX', '\\x01')
"""


_PARTNUMBER = (
    "INSERT INTO partnumbers (id, workspace_id, code, series, keys)"
    " VALUES (%(part)s, %(workspace)s, %(code)s, %(code)s, ARRAY[%(code)s])",
    "INSERT INTO manufacturers (id, workspace_id, name) VALUES (%(maker)s, %(workspace)s, 'Fabricante')",
    "INSERT INTO classifications (id, workspace_id, partnumber_id, manufacturer_id, ncm, answer)"
    " VALUES (%(answer)s, %(workspace)s, %(part)s, %(maker)s, '85412120', '{}')",
)
# What registry and PNCP say is public, and the same for all: a CNPJ that is none leads to nobody's data.
PUBLIC_FACTS = {"cnpj": "11222333000180", "supplier": "11222333000180", "year": "2098", "sequence": "765432"}


@dataclass(frozen=True, slots=True)
class Victim:
    """Somebody's things, by the names that paths give their ids."""

    account: Account
    narrow_token: str
    ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class People:
    """Makes people while the application runs, and looks at what became of the victim's things."""

    settings: Settings

    def add(self) -> Account:
        """Somebody with an account and a workspace of their own."""
        return self._run(lambda accounts: accounts.add())

    def add_viewer(self, owner: Account) -> Account:
        """Somebody who may look into the owner's workspace, and no more."""
        return self._run(lambda accounts: accounts.add_member(owner.workspace_id, Role.VIEWER))

    def add_token(self, account: Account, scope: str) -> tuple[str, str]:
        """Id and secret of an API token."""

        async def add(accounts: Accounts) -> tuple[str, str]:
            token, secret = await accounts.add_token(account, scope)
            return str(token.id), secret

        return self._run(add)

    def add_transaction(self, account: Account, account_id: str) -> UUID:
        """A transaction of somebody's bank account."""
        names = {"id": new_id(), "workspace": account.workspace_id, "account": account_id}
        with psycopg.connect(libpq_url(self.settings.database.url)) as connection:
            connection.execute(_TRANSACTION, names)
        return names["id"]

    def add_partnumber(self, account: Account, code: str) -> dict[str, str]:
        """A part number that somebody's workspace knows, with its answer and its maker."""
        names = {
            "workspace": account.workspace_id,
            "code": code,
            "part": new_id(),
            "maker": new_id(),
            "answer": new_id(),
        }
        with psycopg.connect(libpq_url(self.settings.database.url)) as connection:
            for statement in _PARTNUMBER:
                connection.execute(statement, names)
        return {"classification_id": str(names["answer"]), "manufacturer_id": str(names["maker"])}

    def add_price_reference(self, account: Account) -> UUID:
        """A price reference that somebody's workspace has fixed."""
        names = {"id": new_id(), "workspace": account.workspace_id, "user": account.id}
        with psycopg.connect(libpq_url(self.settings.database.url)) as connection:
            connection.execute(_PRICE_REFERENCE, names)
        return names["id"]

    def digest(self, account: Account) -> str:
        """Changes when anything does that belongs to the account or its workspace."""
        names = {"workspace": account.workspace_id, "user": account.id}
        with psycopg.connect(libpq_url(self.settings.database.url)) as connection:
            row = connection.execute(_STATE, names).fetchone()
        assert row is not None
        return row[0]

    def _run(self, work: Callable[[Accounts], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            database = Database(self.settings.database)
            try:
                return await work(Accounts(database, self.settings.security))
            finally:
                await database.dispose()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    uploads: Path = tmp_path_factory.mktemp("uploads")
    return Settings(
        database=DatabaseSettings(url=database_url),
        broker=BrokerSettings(redis_url=redis_url),
        uploads=UploadSettings(directory=uploads),
        security=SecuritySettings(secret_key=SecretStr("a secret key of the tests, long enough")),
    )


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as opened:
        yield opened


@pytest.fixture(scope="module")
def people(settings: Settings) -> People:
    return People(settings)


def _classify(client: TestClient, people: People, account: Account) -> dict[str, str]:
    """A task of part numbers that waits, and a part number that is known."""
    code = "VITIMA-PN-1"
    answer = client.post("/classify-partnumber", json={"partnumber": code}, headers=account.headers)
    assert answer.status_code == 202, answer.text
    known = people.add_partnumber(account, code)
    precedent = client.post(
        "/api/v1/partnumbers/precedents",
        json={"ncm": "85412120", "act": "Solução de Consulta", "text": "Transistor"},
        headers=account.headers,
    )
    assert precedent.status_code == 201, precedent.text
    task = {"classification_task_id": answer.json()["task_id"], "room_id": answer.json()["room_id"]}
    return task | known | {"code": code, "precedent_id": precedent.json()["id"]}


def _watch(client: TestClient, account: Account) -> dict[str, str]:
    """An endpoint that is told of what a saved search finds, and a delivery that waits."""
    endpoint = client.post(
        "/api/v1/notifications/endpoints",
        json={"kind": "webhook", "name": "Gancho", "address": "https://malha.example/gancho"},
        headers=account.headers,
    )
    assert endpoint.status_code == 201, endpoint.text
    endpoint_id = endpoint.json()["id"]
    delivery = client.post(f"/api/v1/notifications/endpoints/{endpoint_id}/test", headers=account.headers)
    assert delivery.status_code == 202, delivery.text
    search = client.post(
        "/api/v1/procurement/saved-searches", json={"name": "Busca", "filter": {}}, headers=account.headers
    )
    assert search.status_code == 201, search.text
    return {
        "endpoint_id": endpoint_id,
        "delivery_id": delivery.json()["id"],
        "search_id": search.json()["id"],
        "schedule_id": _schedule(client, account),
    }


def _schedule(client: TestClient, account: Account) -> str:
    """A schedule that exports a list."""
    asked = {"list": "expenses", "format": "csv"}
    body = {"name": "Agendamento", "action": "exports.build", "cron": "0 8 * * *", "input": asked, "paused": True}
    schedule = client.post("/api/v1/schedules", json=body, headers=account.headers)
    assert schedule.status_code == 201, schedule.text
    return schedule.json()["id"]


def _bank(client: TestClient, people: People, account: Account) -> dict[str, str]:
    """An account of a bank with a statement and a transaction."""
    center = client.post(
        "/api/v1/banking/cost-centers", json={"code": "001", "name": "Edifício"}, headers=account.headers
    ).json()["id"]
    held = client.post(
        "/api/v1/banking/accounts", json={"name": "Conta", "cost_center_id": center}, headers=account.headers
    ).json()["id"]
    statement = client.post(
        f"/api/v1/banking/accounts/{held}/statements",
        files=[("files", ("extrato.ofx", b"<OFX></OFX>", "text/plain"))],
        headers=account.headers,
    )
    assert statement.status_code == 202, statement.text
    statements = client.get("/api/v1/banking/statements", headers=account.headers).json()["items"]
    return {
        "cost_center_id": center,
        "account_id": held,
        "statement_id": statements[0]["id"],
        "transaction_id": str(people.add_transaction(account, held)),
    }


@pytest.fixture(scope="module")
def victim(client: TestClient, people: People) -> Victim:
    account = people.add()
    token_id, _ = people.add_token(account, "*")
    _, narrow = people.add_token(account, "nothing:read")
    audit = client.post(
        "/api/v1/audits",
        files=[("files", ("nota.xml", b"<nota/>", "application/xml"))],
        headers={**account.headers, "Idempotency-Key": "the victim's"},
    )
    assert audit.status_code == 202, audit.text
    invitation = client.post(
        f"/api/v1/workspaces/{account.workspace_id}/invitations",
        json={"email": "convidado@example.com", "role": "viewer"},
        headers=account.headers,
    )
    assert invitation.status_code == 201, invitation.text
    batch = client.post(
        "/batch-expenses",
        json={"items": [{"cnpj": "11222333000181", "service_type": "limpeza"}]},
        headers=account.headers,
    )
    assert batch.status_code == 202, batch.text
    [expense] = client.get("/api/v1/expenses", headers=account.headers).json()["items"]
    export = client.post(
        "/api/v1/exports", json={"list": "expenses", "format": "csv", "filter": {}}, headers=account.headers
    )
    assert export.status_code == 202, export.text
    ids = {
        **_bank(client, people, account),
        "task_id": batch.json()["task_id"],
        "reference_id": str(people.add_price_reference(account)),
        **_classify(client, people, account),
        **_watch(client, account),
        "expense_id": expense["id"],
        "export_id": export.json()["id"],
        "name": "servico_da_vitima",
        "workspace_id": str(account.workspace_id),
        "user_id": str(account.id),
        "token_id": token_id,
        "invitation_id": invitation.json()["id"],
        "job_id": audit.headers["location"].rsplit("/", 1)[-1],
    }
    return Victim(account, narrow, PUBLIC_FACTS | ids)
