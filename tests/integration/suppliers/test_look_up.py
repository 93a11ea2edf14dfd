"""Look-ups: one question a CNPJ, kept at once, merged, within limits, around broken providers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.factories.cnpjs import OFFICIAL_ALPHANUMERIC, make_cnpj
from tests.integration.suppliers.conftest import Suppliers

from malha.jobs.errors import TransientError
from malha.kit.clock import utc_now
from malha.settings import BrokerSettings
from malha.simulators.cnpj import Fault, Limit
from malha.suppliers.service import find_known, refresh

pytestmark = pytest.mark.anyio

PROVIDERS = ["cnpj_ws", "cnpj_ws_commercial", "brasilapi", "minha_receita", "receitaws"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_provider_is_asked_and_understood(suppliers: Suppliers, provider: str) -> None:
    suppliers.use(provider, cnpj_ws_token="simulated-token")
    cnpj = make_cnpj(1)
    result = await suppliers.look_up(cnpj)
    company = suppliers.registry.state.company(cnpj)
    assert company is not None
    found = result.found[cnpj]
    assert (found.legal_name, found.status, found.opened_on) == (company.legal_name, "ATIVA", company.opened_on)
    assert (found.provider, found.is_stale, found.uf) == (provider, False, company.uf)
    assert found.main_cnae is not None
    assert found.main_cnae.code == company.activities[0][0]
    assert result.retry_at is None


@pytest.mark.parametrize("provider", ["cnpj_ws", "cnpj_ws_commercial", "brasilapi", "minha_receita"])
async def test_an_alphanumeric_cnpj_reaches_the_provider_whole(suppliers: Suppliers, provider: str) -> None:
    suppliers.use(provider, cnpj_ws_token="simulated-token")
    result = await suppliers.look_up("12.abc.345/01de-35")
    assert list(result.found) == [OFFICIAL_ALPHANUMERIC]
    assert [ask.cnpj for ask in suppliers.registry.state.asks] == [OFFICIAL_ALPHANUMERIC]


async def test_a_provider_that_cannot_read_letters_leaves_the_cnpj_to_the_next(suppliers: Suppliers) -> None:
    suppliers.use("receitaws", "brasilapi")
    result = await suppliers.look_up(OFFICIAL_ALPHANUMERIC)
    assert result.found[OFFICIAL_ALPHANUMERIC].provider == "brasilapi"


async def test_nobody_is_asked_about_wrong_check_digits(suppliers: Suppliers) -> None:
    result = await suppliers.look_up("11222333000180", "x" * 14, "00000000000000")
    assert set(result.failed.values()) == {"cnpj-invalid"}
    assert suppliers.registry.state.asks == []


async def test_what_was_answered_is_not_asked_again(suppliers: Suppliers) -> None:
    cnpjs = [make_cnpj(number) for number in range(20)]
    suppliers.registry.state.companies[cnpjs[0]] = None
    for _ in range(2):
        result = await suppliers.look_up(*cnpjs)
        assert (set(result.found), result.not_found) == (set(cnpjs[1:]), {cnpjs[0]})
    assert [suppliers.registry.state.count(cnpj) for cnpj in cnpjs] == [1] * 20


async def test_concurrent_asks_for_one_cnpj_are_merged(suppliers: Suppliers) -> None:
    suppliers.registry.state.delay_seconds = 0.3
    cnpj = make_cnpj(7)
    results = await asyncio.gather(*(suppliers.look_up(cnpj, patience_seconds=10) for _ in range(6)))
    assert [list(result.found) for result in results] == [[cnpj]] * 6
    assert suppliers.registry.state.count(cnpj) == 1


async def test_a_batch_does_not_wait_for_what_somebody_else_is_asking(suppliers: Suppliers) -> None:
    cnpj = make_cnpj(8)
    await suppliers.execute(
        "INSERT INTO supplier_claims VALUES (:cnpj, gen_random_uuid(), now() + interval '1 minute')", cnpj=cnpj
    )
    result = await suppliers.look_up(cnpj, make_cnpj(9))
    assert (list(result.found), result.pending) == ([make_cnpj(9)], [cnpj])
    assert result.retry_at is not None


async def test_the_claim_of_a_killed_process_runs_out(suppliers: Suppliers) -> None:
    cnpj = make_cnpj(8)
    await suppliers.execute(
        "INSERT INTO supplier_claims VALUES (:cnpj, gen_random_uuid(), now() - interval '1 s')", cnpj=cnpj
    )
    assert list((await suppliers.look_up(cnpj)).found) == [cnpj]
    assert await suppliers.execute("SELECT 1 FROM supplier_claims") == []


async def test_as_many_are_asked_as_the_limit_allows_and_the_rest_is_told_when(suppliers: Suppliers) -> None:
    suppliers.use("cnpj_ws", cnpj_ws_limit="3/minute")
    cnpjs = [make_cnpj(number) for number in range(10)]
    before = utc_now()
    result = await suppliers.look_up(*cnpjs)
    assert (len(result.found), len(result.pending), result.failed) == (3, 7, {})
    assert result.retry_at is not None
    assert timedelta(seconds=58) < result.retry_at - before < timedelta(seconds=62)
    assert 120 < result.estimate_seconds < 190
    assert len(suppliers.registry.state.asks) == 3
    again = await suppliers.look_up(*cnpjs)
    assert (len(again.found), len(suppliers.registry.state.asks)) == (3, 3)


async def test_another_provider_takes_over_where_a_limit_ends(suppliers: Suppliers) -> None:
    suppliers.use("cnpj_ws", "minha_receita", cnpj_ws_limit="3/minute")
    result = await suppliers.look_up(*(make_cnpj(number) for number in range(10)))
    by_provider = [found.provider for found in result.found.values()]
    assert (by_provider.count("cnpj_ws"), by_provider.count("minha_receita")) == (3, 7)


async def test_a_providers_own_refusal_pauses_it_until_the_time_in_its_sentence(suppliers: Suppliers) -> None:
    limits = suppliers.registry.state.limits
    former, limits["cnpj_ws"] = limits["cnpj_ws"], Limit(1, 30)
    try:
        before = utc_now()
        first, second = make_cnpj(1), make_cnpj(2)
        await suppliers.look_up(first)
        result = await suppliers.look_up(second)
        assert result.retry_at is not None
        assert timedelta(seconds=25) < result.retry_at - before < timedelta(seconds=33)
        await suppliers.look_up(second)
        assert len(suppliers.registry.state.asks) == 2
    finally:
        limits["cnpj_ws"] = former


@pytest.mark.parametrize("kind", ["error", "html", "drop", "truncate", "empty", "forbidden", "redirect"])
async def test_a_broken_provider_is_passed_over(suppliers: Suppliers, kind: str) -> None:
    suppliers.use("cnpj_ws", "minha_receita")
    suppliers.registry.state.faults["cnpj_ws"] = Fault(kind, None)
    cnpj = make_cnpj(3)
    result = await suppliers.look_up(cnpj)
    assert result.found[cnpj].provider == "minha_receita"


async def test_receitaws_error_with_status_200_is_an_error(suppliers: Suppliers) -> None:
    suppliers.use("receitaws")
    suppliers.registry.state.faults["receitaws"] = Fault("receita-timeout", 1)
    cnpj = make_cnpj(3)
    failed = await suppliers.look_up(cnpj)
    assert (list(failed.found), failed.not_found, list(failed.failed)) == ([], set(), [cnpj])
    assert list((await suppliers.look_up(cnpj)).found) == [cnpj]


async def test_a_provider_that_keeps_failing_is_left_alone(suppliers: Suppliers) -> None:
    suppliers.registry.state.faults["cnpj_ws"] = Fault("error", None)
    for number in range(8):
        await suppliers.look_up(make_cnpj(number))
    result = await suppliers.look_up(make_cnpj(8))
    assert len(suppliers.registry.state.asks) == 5
    assert (result.pending, result.failed, result.away) == ([make_cnpj(8)], {}, {"cnpj_ws"})
    assert result.retry_at is not None
    assert timedelta(seconds=20) < result.retry_at - utc_now() <= timedelta(seconds=30)


async def test_not_found_needs_the_word_of_every_source(suppliers: Suppliers) -> None:
    suppliers.use("cnpj_ws", "brasilapi", "minha_receita")
    cnpj = make_cnpj(4)
    suppliers.registry.state.companies[cnpj] = None
    result = await suppliers.look_up(cnpj)
    assert result.not_found == {cnpj}
    assert suppliers.askers(cnpj) == ["cnpj_ws", "brasilapi"], "Minha Receita is what BrasilAPI hands on"
    assert (await suppliers.look_up(cnpj)).not_found == {cnpj}
    assert len(suppliers.askers(cnpj)) == 2


async def test_a_source_that_is_away_is_waited_for_before_anybody_is_not_found(suppliers: Suppliers) -> None:
    suppliers.use("brasilapi", "minha_receita", "receitaws")
    cnpj = make_cnpj(4)
    suppliers.registry.state.companies[cnpj] = None
    suppliers.registry.state.faults["receitaws"] = Fault("error", 1)
    result = await suppliers.look_up(cnpj)
    assert (result.not_found, list(result.failed)) == (set(), [cnpj])
    assert (await suppliers.look_up(cnpj)).not_found == {cnpj}
    assert suppliers.askers(cnpj) == ["brasilapi", "receitaws", "receitaws"], "who has denied is not asked again"


async def test_a_limit_is_waited_for_before_anybody_is_not_found(suppliers: Suppliers) -> None:
    suppliers.use("minha_receita", "receitaws", receitaws_limit="1/hour")
    known, cnpj = make_cnpj(3), make_cnpj(4)
    suppliers.registry.state.companies |= {cnpj: None, known: None}
    await suppliers.look_up(known)
    result = await suppliers.look_up(cnpj)
    assert (result.not_found, result.pending, result.failed, result.away) == (set(), [cnpj], {}, set())
    assert result.retry_at is not None
    assert result.retry_at - utc_now() > timedelta(minutes=50)


async def test_another_providers_word_opens_the_question_again(suppliers: Suppliers) -> None:
    suppliers.use("minha_receita")
    cnpj = make_cnpj(4)
    suppliers.registry.state.companies[cnpj] = None
    assert (await suppliers.look_up(cnpj)).not_found == {cnpj}
    suppliers.registry.state.companies.clear()
    suppliers.use("minha_receita", "cnpj_ws")
    assert list((await suppliers.look_up(cnpj)).found) == [cnpj]
    assert await suppliers.retractions() == [cnpj]


@pytest.mark.parametrize("providers", [["brasilapi", "minha_receita"], ["receitaws"], ["cnpj_ws"]])
async def test_a_provider_that_lost_its_base_is_believed_by_nobody(suppliers: Suppliers, providers: list[str]) -> None:
    suppliers.use(*providers)
    cnpjs = [make_cnpj(number) for number in range(12)]
    for provider in providers:
        suppliers.registry.state.faults[provider] = Fault("not-found", None)
    result = await suppliers.look_up(*cnpjs)
    assert (result.not_found, result.found) == (set(), {})
    assert {*result.failed, *result.pending} == set(cnpjs)
    assert "lost its base" in "".join(result.failed.values())
    assert await suppliers.execute("SELECT 1 FROM suppliers WHERE denials <> '{}'") == []


async def test_a_lost_base_is_no_hindrance_where_others_know(suppliers: Suppliers) -> None:
    suppliers.use("brasilapi", "minha_receita", "cnpj_ws")
    suppliers.registry.state.faults["brasilapi"] = Fault("not-found", None)
    cnpjs = [make_cnpj(number) for number in range(12)]
    suppliers.registry.state.companies[cnpjs[0]] = None
    result = await suppliers.look_up(*cnpjs)
    assert (set(result.found), result.not_found) == (set(cnpjs[1:]), {cnpjs[0]})


async def test_a_base_that_is_lost_takes_back_what_its_provider_denied(suppliers: Suppliers) -> None:
    suppliers.use("minha_receita")
    nobody = make_cnpj(4)
    suppliers.registry.state.companies[nobody] = None
    assert (await suppliers.look_up(nobody)).not_found == {nobody}
    suppliers.registry.state.faults["minha_receita"] = Fault("not-found", None)
    await suppliers.look_up(make_cnpj(5))
    assert await suppliers.retractions() == [nobody]
    assert (await suppliers.look_up(nobody)).not_found == set()


async def test_the_base_is_proved_by_a_company_that_is_known_where_there_is_one(suppliers: Suppliers) -> None:
    known, nobody = make_cnpj(5), make_cnpj(4)
    await suppliers.look_up(known)
    suppliers.registry.state.companies[nobody] = None
    assert (await suppliers.look_up(nobody)).not_found == {nobody}
    assert [ask.cnpj for ask in suppliers.registry.state.asks] == [known, nobody, known]


async def test_a_stale_answer_is_given_when_its_renewal_fails(suppliers: Suppliers) -> None:
    cnpj = make_cnpj(5)
    await suppliers.look_up(cnpj)
    await suppliers.age(cnpj, timedelta(days=31))
    suppliers.registry.state.faults["cnpj_ws"] = Fault("error", 1)
    stale = await suppliers.look_up(cnpj)
    assert (stale.found[cnpj].is_stale, stale.failed, stale.pending) == (True, {}, [])
    assert list((await refresh(suppliers.resources, [cnpj])).found) == [cnpj]
    async with suppliers.database.read_session() as session:
        assert (await find_known(session, [cnpj]))[cnpj].is_stale is False


async def test_what_nobody_knows_comes_before_what_is_only_old(suppliers: Suppliers) -> None:
    old, new = [make_cnpj(number) for number in range(3)], [make_cnpj(number) for number in range(3, 6)]
    await suppliers.look_up(*old)
    for cnpj in old:
        await suppliers.age(cnpj, timedelta(days=31))
    suppliers.use("minha_receita", minha_receita_limit="3/minute")
    result = await suppliers.look_up(*old, *new)
    assert {cnpj for cnpj, found in result.found.items() if found.provider == "minha_receita"} == set(new)
    assert (result.pending, [result.found[cnpj].is_stale for cnpj in old]) == ([], [True] * 3)


async def test_nobody_is_asked_while_the_limits_cannot_be_read(suppliers: Suppliers) -> None:
    broker = BrokerSettings(redis_url="redis://127.0.0.1:1/0")
    suppliers.settings = suppliers.settings.model_copy(update={"broker": broker})
    with pytest.raises(TransientError, match="limits"):
        await suppliers.look_up(make_cnpj(1))
    assert suppliers.registry.state.asks == []
    assert await suppliers.execute("SELECT 1 FROM supplier_claims") == []


async def test_a_company_is_not_forgotten_because_one_provider_lacks_it(suppliers: Suppliers) -> None:
    cnpj = make_cnpj(6)
    await suppliers.look_up(cnpj)
    await suppliers.age(cnpj, timedelta(days=31))
    suppliers.registry.state.companies[cnpj] = None
    result = await suppliers.look_up(cnpj)
    assert (result.found[cnpj].is_stale, result.not_found) == (True, set())


async def test_an_answer_is_kept_although_its_caller_is_cancelled(suppliers: Suppliers) -> None:
    suppliers.registry.state.delay_seconds = 0.05
    cnpjs = [make_cnpj(number) for number in range(200)]
    asking = asyncio.create_task(suppliers.look_up(*cnpjs))
    while len(suppliers.registry.state.asks) < 50:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.001)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    answered = {ask.cnpj for ask in suppliers.registry.state.asks if ask.status == 200}
    kept = {row.cnpj for row in await suppliers.execute("SELECT cnpj FROM suppliers")}
    assert len(answered - kept) <= 8, "only what was under way when the caller ended may be lost"
    assert kept <= answered


async def test_without_any_provider_the_imported_registry_is_the_registry(suppliers: Suppliers) -> None:
    suppliers.use()
    result = await suppliers.look_up(make_cnpj(1))
    assert (result.not_found, result.retry_at) == ({make_cnpj(1)}, None)
