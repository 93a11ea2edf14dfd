"""Each fault of the simulated portal shows as the real one does, as often as asked, and the same way in each run."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.fakes.pncp_portal import PncpPortal

from malha.simulators.pncp import BOTH, CONSULTA, FAULTS, PNCP, Limit, State, World, build_app, truth
from malha.simulators.pncp.entries import PROCUREMENTS

DAY = date(2026, 11, 17)
LIST = "/api/consulta/v1/contratacoes/publicacao?dataInicial=20261117&dataFinal=20261117&codigoModalidadeContratacao=6"


@pytest.fixture
def state() -> State:
    return State(world=World(7, 0.1), slow_seconds=0.0)


@pytest.fixture
def client(state: State) -> TestClient:
    return TestClient(build_app(state), raise_server_exceptions=False)


def ask(client: TestClient, page: int = 1, size: int = 50) -> Any:
    return client.get(f"{LIST}&pagina={page}&tamanhoPagina={size}")


def keys(response: Any) -> list[str]:
    return [row["numeroControlePNCP"] for row in response.json()["data"]]


def items_path(state: State, least: int) -> str:
    """The items of a procurement that has as many."""
    for entry in truth(state, PROCUREMENTS, DAY):
        path = f"/api/pncp/v1/orgaos/{entry.organ.cnpj}/compras/{entry.year}/{entry.sequence}/itens"
        if TestClient(build_app(State(world=state.world))).get(f"{path}/quantidade").json() >= least:
            return path
    raise AssertionError("no procurement is so large")


@pytest.mark.parametrize(
    ("kind", "status", "is_json"),
    [
        ("html-200", 200, False),
        ("html-429", 429, False),
        ("error-500", 500, True),
        ("html-503", 503, False),
        ("cut-json", 200, False),
        ("spurious-422", 422, True),
        ("size-400", 400, True),
    ],
)
def test_answers_that_replace_a_page(
    client: TestClient, state: State, kind: str, status: int, *, is_json: bool
) -> None:
    right = ask(client)
    state.set_odds({kind: 1.0})
    response = ask(client)
    assert response.status_code == status
    assert "retry-after" not in response.headers
    try:
        json.loads(response.content)
        assert is_json
    except ValueError:
        assert not is_json
    state.set_odds({})
    assert ask(client).json() == right.json()


def test_a_smaller_page_heals_the_refused_size(client: TestClient, state: State) -> None:
    state.set_odds({"size-400": 1.0})
    assert [ask(client, size=size).status_code for size in (50, 11, 10)] == [400, 400, 200]


def test_pages_repeat_shift_shrink_and_empty(client: TestClient, state: State) -> None:
    first, second = keys(ask(client)), keys(ask(client, 2))
    state.set_odds({"repeated-page": 1.0})
    assert (keys(ask(client)), keys(ask(client, 2))) == (first, first)
    state.set_odds({"shifted-page": 1.0})
    shifted = keys(ask(client, 2))
    assert keys(ask(client)) == first
    assert shifted != second
    assert 45 <= len({*shifted} & {*first, *second}) <= 50
    state.set_odds({"short-page": 1.0})
    short = ask(client)
    assert 47 <= len(keys(short)) < 50
    assert {*keys(short)} < {*first}
    assert short.json()["totalRegistros"] == len(truth(state, PROCUREMENTS, DAY, 6))
    state.set_odds({"empty-page": 1.0})
    empty = ask(client, 2).json()
    assert (empty["data"], empty["empty"], empty["totalPaginas"] > 1) == ([], True, True)
    assert keys(ask(client)) == first


def test_numbers_around_the_rows_change_or_are_missing(client: TestClient, state: State) -> None:
    total = ask(client).json()["totalRegistros"]
    state.set_odds({"changed-total": 1.0})
    assert ask(client).json()["totalRegistros"] == total
    assert ask(client, 2).json()["totalRegistros"] != total
    state.set_odds({"no-remaining": 1.0})
    assert ask(client).json().keys() == {"data", "totalRegistros", "totalPaginas", "numeroPagina", "empty"}
    state.set_odds({"no-totals": 1.0})
    assert ask(client).json().keys() == {"data", "totalRegistros", "numeroPagina", "empty"}


def test_children_are_lost_or_said_not_to_be(client: TestClient, state: State) -> None:
    path = items_path(state, 12)
    whole = client.get(f"{path}?tamanhoPagina=500").json()
    state.set_odds({"lost-children": 1.0})
    assert len(client.get(f"{path}?tamanhoPagina=500").json()) < len(whole)
    assert client.get(f"{path}/quantidade").json() == len(whole)
    state.set_odds({"busy-404": 1.0})
    assert client.get(path).status_code == 404
    assert ask(client).status_code == 200
    state.set_odds({})
    assert client.get(f"{path}?tamanhoPagina=500").json() == whole


def test_rows_are_odd_the_same_way_each_time(client: TestClient, state: State) -> None:
    plain = ask(client).json()["data"]
    state.set_odds({"unknown-field": 0.3, "numbers": 0.3, "noncharacters": 0.3})
    rows = ask(client).json()["data"]
    assert rows == ask(client).json()["data"] != plain
    for is_odd in (
        lambda row: "campoCriadoDepois" in row,
        lambda row: isinstance(row["unidadeOrgao"]["codigoIbge"], int),
        lambda row: "￾" in row["objetoCompra"],
    ):
        assert 3 < sum(is_odd(row) for row in rows) < 30
    whole = client.get("/_control/truth", params={"day": str(DAY), "modality": 6, "whole": "1"}).json()["records"]
    assert [record["body"] for record in whole][:50] == rows


def test_a_modality_that_nobody_knows_appears(client: TestClient, state: State) -> None:
    before = truth(state, PROCUREMENTS, DAY)
    state.set_odds({"unknown-modality": 1.0})
    after = truth(state, PROCUREMENTS, DAY)
    assert [entry for entry in after if entry.modality != 99] == before
    assert client.get(LIST.replace("Contratacao=6", "Contratacao=99") + "&pagina=1").json()["data"]


def test_luck_depends_on_the_ask_alone_and_keeps_its_odds() -> None:
    def run(*, backwards: bool) -> dict[int, int]:
        state = State(world=World(7, 0.1))
        client = TestClient(build_app(state))
        state.set_odds({"html-503": 0.1, "html-429": 0.1})
        pages = range(10_000, 10_400)
        return {page: ask(client, page).status_code for page in (reversed(pages) if backwards else pages)}

    forwards = run(backwards=False)
    assert forwards == run(backwards=True)
    for status in (429, 503):
        assert 15 < sum(found == status for found in forwards.values()) < 65


def test_the_next_ask_of_the_same_target_has_luck_of_its_own(client: TestClient, state: State) -> None:
    state.set_odds({"html-503": 0.5})
    assert {ask(client).status_code for _ in range(30)} == {200, 503}


def test_one_host_fails_and_the_other_does_not(client: TestClient, state: State) -> None:
    path = items_path(state, 1)
    client.post("/_control/faults", json={"host": PNCP, "kind": "html-503"})
    assert (ask(client).status_code, client.get(path).status_code) == (200, 503)
    client.post("/_control/faults", json={"host": PNCP})
    client.post("/_control/faults", json={"host": CONSULTA, "kind": "error-500", "times": 1})
    assert [ask(client).status_code, ask(client).status_code, client.get(path).status_code] == [500, 200, 200]


def test_one_limiter_counts_both_hosts(client: TestClient, state: State) -> None:
    path = items_path(state, 1)
    now = 1000.0
    state.clock = lambda: now
    state.limits[BOTH] = Limit(2, 30)
    assert [ask(client).status_code, client.get(path).status_code, ask(client).status_code] == [200, 200, 429]
    now += 30
    assert client.get(path).status_code == 200


def test_faults_are_switched_from_outside_and_unknown_ones_refused(client: TestClient, state: State) -> None:
    assert client.put("/_control/odds", json={"html-200": 1}).status_code == 204
    assert state.odds == {"html-200": 1}
    for wrong in ({"no such": 0.1}, {"html-200": 2}):
        response = client.put("/_control/odds", json=wrong)
        assert (response.status_code, set(response.json()["kinds"])) == (422, set(FAULTS))
    client.post("/_control/reset")
    assert state.odds == {}


def test_a_connection_breaks_in_the_middle_of_its_body() -> None:
    with PncpPortal(seed=7, scale=0.05) as server:
        server.state.set_odds({"reset": 1.0})
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://{server.host}{LIST}&pagina=1")
        server.state.set_odds({})
        assert httpx2.get(f"http://{server.host}{LIST}&pagina=1").json()["data"]
