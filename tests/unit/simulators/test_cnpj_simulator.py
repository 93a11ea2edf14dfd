"""The simulated registry keeps to the limits, bodies and faults that it stands for."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj

from malha.simulators.cnpj import Limit, State, build_app
from malha.suppliers.rules.release_time import parse_javascript_date


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> State:
    return State(clock=clock)


@pytest.fixture
def client(state: State) -> TestClient:
    return TestClient(build_app(state), headers={"User-Agent": "test"})


def ask(client: TestClient, number: int = 1, path: str = "/cnpj-ws/cnpj") -> int:
    return client.get(f"{path}/{make_cnpj(number)}").status_code


def test_the_free_service_answers_three_in_any_minute_by_its_own_clock(client: TestClient, clock: Clock) -> None:
    assert [ask(client) for _ in range(4)] == [200, 200, 200, 429]
    clock.now += 59.9
    assert ask(client) == 429
    clock.now += 0.1
    assert [ask(client) for _ in range(4)] == [200, 200, 200, 429]


def test_a_refusal_says_the_release_time_in_a_sentence(client: TestClient) -> None:
    for _ in range(3):
        ask(client)
    body = client.get(f"/cnpj-ws/cnpj/{make_cnpj(1)}").json()
    assert set(body) == {"status", "titulo", "detalhes", "validacao"}
    assert parse_javascript_date(body["detalhes"]) is not None


def test_every_arrival_is_counted_refused_or_not(client: TestClient, state: State, clock: Clock) -> None:
    for _ in range(5):
        ask(client)
        clock.now += 10
    assert state.count(make_cnpj(1)) == 5
    assert state.fullest_window("cnpj_ws", 60) == 5
    assert state.fullest_window("cnpj_ws", 10) == 1
    assert [entry["status"] for entry in client.get("/_control/asks").json()] == [200, 200, 200, 429, 429]


def test_the_edge_of_brasilapi_refuses_nameless_clients(client: TestClient) -> None:
    path = f"/brasilapi/api/cnpj/v1/{make_cnpj(1)}"
    for name in ("", "node"):
        response = client.get(path, headers={"User-Agent": name})
        assert (response.status_code, response.headers["x-vercel-mitigated"]) == (403, "deny")
    assert client.get(path).status_code == 200


def test_receitaws_reports_errors_with_status_200(client: TestClient) -> None:
    response = client.get(f"/receitaws/v1/cnpj/{OFFICIAL_ALPHANUMERIC}")
    assert (response.status_code, response.json()["status"]) == (200, "ERROR")


def test_the_commercial_service_wants_its_token(client: TestClient) -> None:
    path = f"/cnpj-ws-commercial/cnpj/{make_cnpj(1)}"
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"x_api_token": "simulated-token"}).status_code == 200
    assert client.get(path, params={"token": "simulated-token"}).status_code == 200


def test_faults_limits_and_companies_are_switched_from_outside(client: TestClient, state: State) -> None:
    client.post("/_control/limits", json={"provider": "cnpj_ws", "count": 100, "seconds": 1})
    client.post("/_control/faults", json={"provider": "cnpj_ws", "kind": "error", "times": 2})
    assert [ask(client) for _ in range(3)] == [500, 500, 200]
    cnpj = make_cnpj(2)
    client.put(f"/_control/companies/{cnpj}", json={"status": "BAIXADA", "status_since": "2026-01-02"})
    place = client.get(f"/cnpj-ws/cnpj/{cnpj}").json()["estabelecimento"]
    assert (place["situacao_cadastral"], place["data_situacao_cadastral"]) == ("Baixada", "2026-01-02")
    client.delete(f"/_control/companies/{cnpj}")
    assert ask(client, 2) == 404
    client.post("/_control/reset")
    assert (state.asks, state.limits["cnpj_ws"]) == ([], Limit(100, 1))
    assert client.post("/_control/faults", json={"provider": "cnpj_ws", "kind": "no such"}).status_code == 422
