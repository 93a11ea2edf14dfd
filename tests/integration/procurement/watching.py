"""Saved searches on a real database: records written as the synchronisation writes them, and a worker that watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx2 import Response
from tests.fakes.application import Application, become
from tests.fakes.engine import Engine
from tests.fakes.scripted_pncp import control_number, procurement

from malha.db import Session
from malha.identity.policy import Principal
from malha.kit.clock import utc_now
from malha.procurement.repository import records
from malha.procurement.rules.records import item_row, result_row
from malha.procurement.service import match_changes, tell_due
from malha.procurement.service._store import store_records

WATCHED = (
    "procurement_saved_searches, procurement_search_matches, procurement_changes, notification_endpoints, "
    "notification_messages"
)


def record(sequence: int, text: str, *, version: str = "", **fields: Any) -> dict[str, Any]:
    """A procurement as PNCP sends it, of today."""
    now = utc_now().strftime("%Y-%m-%dT%H:%M:%S")
    return procurement(sequence, version=version or now, objetoCompra=text, **fields)


@dataclass
class Hands:
    """The platform's own: what it writes, and what it looks at."""

    engine: Engine

    def write(self, *written: dict[str, Any]) -> None:
        """Procurements come in, in a transaction of their own."""
        self.run(lambda session: store_records(session, "procurement", list(written), is_live=True))

    def write_contracts(self, *written: dict[str, Any]) -> None:
        """Contracts come in."""
        self.run(lambda session: store_records(session, "contract", list(written), is_live=True))

    def write_items(
        self, sequence: int, items: Sequence[dict[str, Any]], results: Sequence[tuple[int, Any]] = ()
    ) -> None:
        """The items of a procurement come in."""
        number = control_number(sequence)

        async def fill(session: Session) -> None:
            digest = self.one("SELECT digest FROM procurements WHERE control_number = %s", number)["digest"]
            assert await records.mark_complete(session, {number: (digest, len(items))})
            rows = [result_row(number, item, each) for item, each in results]
            await records.replace_children(session, [number], [item_row(number, each) for each in items], rows)

        self.run(fill)

    def run(self, work: Any) -> Any:
        async def go() -> Any:
            async with self.engine.runtime.database.session() as session:
                return await work(session)

        return self.engine.runtime.run(go())

    def one(self, query: str, *parameters: Any) -> dict[str, Any]:
        row = self.engine.record.execute(query, parameters).fetchone()  # type: ignore[arg-type] - a test's own text
        assert row is not None
        return row


@dataclass
class Watch(Hands):
    """The application with one caller, and the platform's hands."""

    application: Application
    principal: Principal

    def become(self, principal: Principal) -> None:
        self.principal = principal
        become(self.application.app, principal)

    def call(self, method: str, path: str = "", body: Any = None) -> Response:
        return self.application.client.request(method, f"/api/v1/procurement/saved-searches{path}", json=body)

    def save(self, q: str | None = None, name: str = "Busca", **fields: Any) -> str:
        """A search for words; its id."""
        wanted = fields.pop("filter", {}) | ({"q": q} if q else {})
        answer = self.call("POST", "", {"name": name, "filter": wanted} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def match(self, limit: int = 500) -> int:
        return self.run(lambda session: match_changes(session, limit=limit))

    def tell(self) -> bool:
        return self.run(tell_due)

    def watch(self) -> None:
        """As the worker does: until nothing has changed and all is told."""
        while self.match():
            pass
        while self.tell():
            pass

    def matches(self, search_id: str) -> list[dict[str, Any]]:
        answer = self.call("GET", f"/{search_id}/matches")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def found(self, search_id: str) -> list[int]:
        """The sequences of what a search has found, each as often as it has."""
        return sorted(int(each["control_number"].split("-")[2].split("/")[0]) for each in self.matches(search_id))

    def messages(self) -> list[dict[str, Any]]:
        """What the workspace was told, the oldest first."""
        answer = self.application.client.get("/api/v1/notifications/messages?limit=200")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"][::-1]

    def told(self) -> list[int]:
        """The sequences of what the workspace was told of, in the order of telling."""
        matches = [match for message in self.messages() for match in message["data"]["matches"]]
        return [int(match["control_number"].split("-")[2].split("/")[0]) for match in matches]

    def waiting(self) -> int:
        return self.one("SELECT count(*) AS n FROM procurement_changes")["n"]


def search_of(watch: Watch, search_id: str) -> dict[str, Any]:
    answer = watch.call("GET", f"/{UUID(search_id)}")
    assert answer.status_code == 200
    return answer.json()
