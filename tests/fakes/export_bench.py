"""The exports' routes and handler on a real database, with lists of expenses, transactions and audits to export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient
from tests.factories.cnpjs import make_cnpj
from tests.factories.identity import Account, Accounts
from tests.fakes.application import become, open_application
from tests.fakes.engine import Engine, RecordingDispatcher

from malha.exports.service import KIND
from malha.identity.policy import Principal, Role
from malha.kit.ids import new_id
from malha.settings import UploadSettings
from malha.storage import Storage

_BATCH = """
WITH job AS (INSERT INTO jobs (id, kind, workspace_id, total) VALUES (%(batch)s, 'audit.process_batch_expenses',
                                                                     %(workspace)s, 1) RETURNING id)
INSERT INTO expense_batches (job_id, workspace_id, total) SELECT id, %(workspace)s, %(count)s FROM job
"""
# Ids in the order of arrival, as the platform makes them.
_EXPENSES = """
INSERT INTO expenses (id, batch_id, no, workspace_id, cnpj, transaction_id, service_type, amount, spent_on, description,
                      is_answered, decision, reason, registry_status, risk, is_cnae_valid, legal_name, main_cnae,
                      evidence, signals, review)
SELECT (substr(%(batch)s::text, 1, 24) || lpad(to_hex(no), 12, '0'))::uuid, %(batch)s, no, %(workspace)s,
       (%(cnpjs)s::text[])[no + 1], 't-' || no, 'limpeza', 100 + no / 100.0, date '2026-01-01' + no %% 300,
       'Limpeza do bloco ' || no, true, CASE WHEN no %% 4 = 0 THEN 'REJECTED' ELSE 'APPROVED' END,
       CASE WHEN no %% 4 = 0 THEN 'supplier-not-found' ELSE 'activity-fits' END, 'ATIVA', 'OK', true, 'EMPRESA ' || no,
       '8121400', jsonb_build_object('allowed', jsonb_build_array('8121400'), 'main', '8121400'), '[]',
       CASE WHEN no %% 4 = 0 THEN 'pending' ELSE 'none' END
FROM generate_series(0, %(count)s - 1) AS no
"""


@dataclass
class ExportBench:
    """An API with one caller, who is a stored user, and a worker that runs when it is told to."""

    client: TestClient
    app: FastAPI
    engine: Engine
    uploads: Path
    dispatcher: RecordingDispatcher
    accounts: Accounts
    principal: Principal

    def become(self, principal: Principal) -> None:
        """Let every request from here on come from this principal."""
        self.principal = principal
        become(self.app, principal)

    def add_account(self) -> Account:
        return self.engine.runtime.run(self.accounts.add())

    def add_member(self, role: Role) -> Principal:
        """Another member of the caller's workspace."""
        account = self.engine.runtime.run(self.accounts.add_member(self.principal.workspace_id, role))
        return principal_of(account, workspace_id=self.principal.workspace_id, role=role)

    def add_expenses(self, count: int) -> str:
        """A batch of decided expenses, every fourth of which waits for a review; the batch's id."""
        names = {"batch": new_id(), "workspace": self.principal.workspace_id, "count": count}
        names["cnpjs"] = [make_cnpj(number) for number in range(count)]
        self.engine.record.execute(_BATCH, names)
        self.engine.record.execute(_EXPENSES, names)
        return str(names["batch"])

    def ask(self, name: str, form: str = "json", *, key: str | None = None, **query: Any) -> Response:
        """`POST /exports`."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"list": name, "format": form, "filter": query}
        return self.client.post("/api/v1/exports", json=body, headers=headers)

    def accept(self, name: str, form: str = "json", **query: Any) -> str:
        """An export that is accepted; its id."""
        response = self.ask(name, form, **query)
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def deliver(self, export_id: str) -> None:
        """Hand the export's message to the worker."""
        self.engine.deliver(KIND, (UUID(export_id), 0, 0))

    def read(self, export_id: str) -> dict[str, Any]:
        response = self.client.get(f"/api/v1/exports/{export_id}")
        assert response.status_code == 200, response.text
        return response.json()

    def export(self, name: str, form: str = "json", **query: Any) -> Response:
        """The file of an export that was asked for and built."""
        export_id = self.accept(name, form, **query)
        self.deliver(export_id)
        export = self.read(export_id)
        assert export["state"] == "succeeded", export
        return self.client.get(export["file"])

    def stored(self) -> list[Path]:
        """Every file in the store."""
        return sorted(path for path in self.uploads.rglob("*") if path.is_file())


def principal_of(account: Account, *, workspace_id: UUID | None = None, role: Role = Role.OWNER) -> Principal:
    return Principal(
        user_id=account.id,
        email=account.email,
        is_superuser=False,
        workspace_id=workspace_id or account.workspace_id,
        role=role,
        scopes=None,
        via="jwt",
        credential_id=account.id,
    )


@contextmanager
def open_export_bench(database_url: str, redis_url: str, folder: Path) -> Iterator[ExportBench]:
    """A bench whose store is below the folder; leaves no jobs, keys or accounts of banks behind."""
    engine = Engine(database_url, redis_url)
    uploads = UploadSettings.model_validate({"directory": folder / "uploads", "fsync": False})
    settings = engine.settings.model_copy(update={"uploads": uploads})
    engine.runtime.settings = settings
    engine.runtime.storage = Storage.from_settings(uploads)
    accounts = Accounts(engine.runtime.database, settings.security)
    principal = principal_of(engine.runtime.run(accounts.add()))
    with open_application(settings) as application:
        made = ExportBench(
            application.client,
            application.app,
            engine,
            folder / "uploads",
            application.dispatcher,
            accounts,
            principal,
        )
        made.become(principal)
        yield made
    engine.record.execute("TRUNCATE idempotency_keys, bank_accounts CASCADE")
    engine.close()
