"""The simulated portal tells all the same, lets it change with its clock, and tells the truth aside."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from malha.fiscal.identifiers import is_cnpj
from malha.simulators.pncp import State, World, build_app, truth
from malha.simulators.pncp.entries import CONTRACTS, KINDS, PROCUREMENTS, RECORDS, Entry, day_of, place_of, sequence_of
from malha.simulators.pncp.world import days

TUESDAY = date(2026, 11, 17)
LISTS = "/api/consulta/v1"


@pytest.fixture
def state() -> State:
    return State(world=World(7, 0.05))


@pytest.fixture
def client(state: State) -> TestClient:
    return TestClient(build_app(state))


def ask(client: TestClient, path: str = "contratacoes/publicacao", page: int = 1, **query: Any) -> Any:
    window = {"dataInicial": f"{TUESDAY:%Y%m%d}", "dataFinal": f"{TUESDAY:%Y%m%d}"}
    modality = {"codigoModalidadeContratacao": 6} if path.startswith("contratacoes") else {}
    return client.get(f"{LISTS}/{path}", params={**window, **modality, "pagina": page, **query})


def read_all(client: TestClient, path: str = "contratacoes/publicacao", **query: Any) -> list[dict[str, Any]]:
    first = ask(client, path, **query).json()
    pages = range(2, first["totalPaginas"] + 1)
    return [*first["data"], *(row for page in pages for row in ask(client, path, page, **query).json()["data"])]


def test_pages_hold_every_record_of_the_truth_once(client: TestClient, state: State) -> None:
    for path, by in (("contratacoes/publicacao", "publication"), ("contratacoes/atualizacao", "update")):
        wanted = truth(state, PROCUREMENTS, TUESDAY, 6, by=by)
        found = [row["numeroControlePNCP"] for row in read_all(client, path)]
        assert found == [entry.control for entry in wanted]
        assert len(found) == len(set(found)) > 50
    told = client.get(f"/_control/truth?day={TUESDAY}&modality=6").json()
    assert told["total"] == ask(client).json()["totalRegistros"]


def test_the_same_seed_tells_the_same_in_another_process_order() -> None:
    first, second = World(7, 0.05), World(7, 0.05)
    second.published(CONTRACTS, TUESDAY)
    assert first.published(PROCUREMENTS, TUESDAY) == second.published(PROCUREMENTS, TUESDAY)
    assert first.published(PROCUREMENTS, TUESDAY) != World(8, 0.05).published(PROCUREMENTS, TUESDAY)


@pytest.mark.parametrize("kind", KINDS)
def test_control_numbers_are_unique_and_lead_back(kind: str) -> None:
    world = World(3, 0.3)
    seen: set[str] = set()
    for day in days(date(2025, 12, 20), date(2026, 1, 12)):
        for entry in world.published(kind, day):
            assert entry.control not in seen
            seen.add(entry.control)
            assert world.find(entry.control) == entry
    assert len(seen) > 50


def test_sequences_tell_their_day_and_fit_in_six_digits() -> None:
    for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31)):
        for place, number in ((0, 0), (681, 3)):
            sequence = sequence_of(day, place, number)
            assert 1 <= sequence <= 999_999
            assert place_of(day.year, sequence) == (day, place, number)
    assert place_of(2025, sequence_of(date(2024, 12, 31), 0)) is None
    assert place_of(2025, 0) is None


@pytest.mark.parametrize("control", ["", "x", "1-1-1/2026", "00000000000000-1-000001/2026", "a-b-c/d-e"])
def test_a_number_that_nothing_has_finds_nothing(control: str) -> None:
    assert World().find(control) is None


def test_items_are_paged_without_an_envelope_and_counted(client: TestClient, state: State) -> None:
    entries = [entry for day in days(TUESDAY - timedelta(9), TUESDAY) for entry in truth(state, PROCUREMENTS, day)]
    counts: set[int] = set()
    for entry in entries[:400]:
        path = f"/api/pncp/v1/orgaos/{entry.organ.cnpj}/compras/{entry.year}/{entry.sequence}/itens"
        count, page, numbers = client.get(f"{path}/quantidade").json(), 1, []
        while found := client.get(path, params={"pagina": page}).json():
            assert len(found) == min(10, count - len(numbers))
            numbers += [item["numeroItem"] for item in found]
            page += 1
        assert len(set(numbers)) == len(numbers) == count
        counts.add(count)
    assert {1, 10} <= counts
    assert max(counts) > 40


def test_a_change_moves_a_record_from_its_old_day_to_its_new_one(client: TestClient, state: State) -> None:
    entry = truth(state, PROCUREMENTS, TUESDAY, 6, by="update")[0]
    before = client.get(f"/_control/truth?control={entry.control}").json()
    client.post("/_control/clock", json={"now": "2026-11-23T09:30:00"})
    changed = client.post("/_control/changes", json={"control": entry.control}).json()
    assert changed["updated"] == "2026-11-23T09:30:00" > before["updated"]
    assert changed["version"] > before["version"]
    assert entry.control not in [row["numeroControlePNCP"] for row in read_all(client, "contratacoes/atualizacao")]
    today = {"dataInicial": "20261123", "dataFinal": "20261123"}
    rows = {row["numeroControlePNCP"]: row for row in read_all(client, "contratacoes/atualizacao", **today)}
    assert rows[entry.control]["dataAtualizacaoGlobal"] == "2026-11-23T09:30:00"
    day = f"{day_of(entry.published):%Y%m%d}"
    published = {row["numeroControlePNCP"]: row for row in read_all(client, dataInicial=day, dataFinal=day)}
    assert published[entry.control] == rows[entry.control]


def test_the_clock_brings_publications_and_updates(client: TestClient, state: State) -> None:
    state.calendar.move(f"{TUESDAY}T10:00:00")
    morning = {row["numeroControlePNCP"]: row for row in read_all(client)}
    assert max(row["dataPublicacaoPncp"] for row in morning.values()) <= f"{TUESDAY}T10:00:00"
    state.calendar.move(f"{TUESDAY + timedelta(20)}T10:00:00")
    later = {row["numeroControlePNCP"]: row for row in read_all(client)}
    assert morning.keys() < later.keys()
    raised = [later[key]["dataAtualizacaoGlobal"] > row["dataAtualizacaoGlobal"] for key, row in morning.items()]
    assert len(raised) / 4 < sum(raised) < len(raised)


def september(state: State) -> list[Entry]:
    month = days(date(2026, 9, 1), date(2026, 9, 30))
    return [entry for day in month for entry in state.world.published(PROCUREMENTS, day)]


def test_updates_outnumber_publications_as_really_measured(state: State) -> None:
    entries = september(state)
    assert 2.2 < sum(len(entry.stamps) for entry in entries) / len(entries) < 3


def test_data_is_skewed_as_the_real_one(state: State) -> None:
    entries = september(state)
    organs = Counter(entry.organ.cnpj for entry in entries)
    assert organs.most_common(1)[0][1] > 8 * len(entries) / 2048
    assert all(is_cnpj(cnpj) for cnpj in organs)
    rows = [state.tell(entry, state.calendar.now()) for entry in entries[:1500]]
    assert 0.25 < sum(row["objetoCompra"].startswith("Aquisição") for row in rows) / len(rows) < 0.42
    assert 0.18 < sum(row["valorTotalEstimado"] == 0 for row in rows) / len(rows) < 0.32
    assert {entry.modality for entry in entries} >= {1, 3, 4, 5, 6, 7, 8, 9, 12}


def test_contracts_and_atas_belong_to_procurements(client: TestClient, state: State) -> None:
    for entry in truth(state, CONTRACTS, TUESDAY)[:50]:
        path = f"/api/pncp/v1/orgaos/{entry.organ.cnpj}/contratos/{entry.year}/{entry.sequence}"
        body = client.get(path).json()
        assert body["numeroControlePNCP"] == entry.control
        assert state.world.find(body["numeroControlePncpCompra"]) == entry.parent
        answer = client.get(f"{path}/termos")
        terms = answer.json() if answer.status_code == 200 else []
        assert [term["sequencialTermoContrato"] for term in terms] == list(range(1, 1 + len(terms)))
        assert client.get(f"{path}/termos/quantidade").json() == len(terms)
    for row in ask(client, "atas").json()["data"][:50]:
        assert row["cnpjOrgao"] == row["numeroControlePNCPAta"][:14]
        assert row["vigenciaInicio"] <= str(TUESDAY) <= row["vigenciaFim"]
        assert state.world.find(row["numeroControlePNCPAta"]) is not None
    assert truth(state, RECORDS, TUESDAY)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"tamanhoPagina": 50}, 200, ""),
        ({"tamanhoPagina": 51}, 400, "Tamanho de página inválido"),
        ({"tamanhoPagina": 9}, 400, "greater than or equal to 10"),
        ({"page": 0}, 400, "pagina"),
        ({"page": 99}, 400, "Página"),
        ({"codigoModalidadeContratacao": 77}, 204, ""),
        ({"dataInicial": "20230102", "dataFinal": "20230103"}, 204, ""),
        ({"dataInicial": "2026-11-17"}, 422, "Data Inicial inválida"),
        ({"dataFinal": "20261117x"}, 422, "Data Final inválida"),
        ({"dataInicial": "20261118"}, 422, "anterior ou igual"),
        ({"dataInicial": "20251117"}, 200, ""),
        ({"dataInicial": "20251116"}, 422, "maior que 365 dias"),
    ],
)
def test_queries_are_refused_as_the_portal_refuses_them(
    client: TestClient, query: dict[str, Any], status: int, words: str
) -> None:
    response = ask(client, **query)
    assert response.status_code == status
    assert words in response.text
    if status == 204:
        assert response.content == b""


def test_contracts_come_in_pages_of_500_and_invoices_of_100(client: TestClient) -> None:
    assert [ask(client, "contratos", tamanhoPagina=size).status_code for size in (500, 501)] == [200, 400]
    sizes = [ask(client, "instrumentoscobranca/inclusao", tamanhoPagina=size).status_code for size in (100, 101)]
    assert sizes == [200, 400]


def test_a_page_limit_can_fall_without_notice(client: TestClient) -> None:
    client.put("/_control/page-limits", json={"/contratacoes/publicacao": 20})
    assert [ask(client, tamanhoPagina=size).status_code for size in (50, 20)] == [400, 200]


def test_lists_narrow_by_their_own_parameters(client: TestClient) -> None:
    whole = read_all(client)
    uf = whole[0]["unidadeOrgao"]["ufSigla"]
    narrowed = read_all(client, uf=uf)
    assert narrowed == [row for row in whole if row["unidadeOrgao"]["ufSigla"] == uf] != whole
    assert read_all(client, "contratos", uf=uf) == read_all(client, "contratos")


def test_an_unknown_record_is_404_with_a_string_for_status(client: TestClient) -> None:
    response = client.get("/api/pncp/v1/orgaos/00000000000191/compras/2026/1/itens")
    assert (response.status_code, response.json()["status"]) == (404, "404")
