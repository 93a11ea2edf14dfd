"""Part numbers a second through the whole chain, undisturbed: from the first request to the last final event."""

from __future__ import annotations

import asyncio

from _partnumber_clients import FrontEnd, Tally, ask_everything, requests_of
from _partnumber_cluster import API_PORTS, ChainCluster, chain_members, environment_of, token_of, until_started
from chaos import server_pids, servers

from malha.db.migrate import upgrade

FRONT_ENDS = 4
BATCH = 500
SETTLE_SECONDS = 300
WARM_UP = 200


def chain_rates(rounds: int, total: int) -> list[float]:
    """One rate for each round of so many part numbers, each new to the workspace."""
    with servers() as (services, home):
        upgrade(services.database_url)
        members = chain_members(environment_of(services, home), home, workers=1)
        cluster = ChainCluster(members, services.redis_url, lambda name: server_pids(home, name), stopped_seconds=0)
        cluster.start()
        try:
            token = token_of(services)
            asyncio.run(until_started(API_PORTS))
            _rate(token, WARM_UP, "warm")
            return [_rate(token, total, f"round {no}") for no in range(rounds)]
        finally:
            cluster.stop()


def _rate(token: str, total: int, mark: str) -> float:
    tally = Tally()
    front_ends = [FrontEnd(API_PORTS, token, tally) for _ in range(FRONT_ENDS)]
    wanted = [[f"{number} {mark}" for number in request] for request in requests_of(total, singles=0, batch=BATCH)]
    took = asyncio.run(ask_everything(front_ends, wanted, settle_seconds=SETTLE_SECONDS))
    if tally.lost or tally.doubled:
        raise RuntimeError(f"lost {tally.lost}, doubled {tally.doubled}")
    return total / took
