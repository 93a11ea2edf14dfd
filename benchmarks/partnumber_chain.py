"""Part numbers through the whole chain while it is killed: nothing lost, no final event twice; the usual design beside.

5,000 part numbers, a fifth of them alone and the rest in batches, from front ends to API, queue, worker, AI server,
Redis and back over sockets, while API processes, workers, their children and the AI server get SIGKILL and Redis drops
its connections. The control is built as such systems usually are: the worker waits for the AI server and emits, nothing
is kept and nothing is replayed. Prints what was done and what came of it; exits 1 when a claim does not hold.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from pathlib import Path

from _chaos_cluster import CELERY, Member
from _partnumber_clients import FrontEnd, Tally, ask_everything, requests_of
from _partnumber_cluster import API_PORTS, ChainCluster, chain_members, environment_of, token_of, until_started
from _report import Verdict, parse_arguments
from chaos import server_pids, servers

from malha.db.migrate import upgrade
from malha.embedded.services import Services
from malha.kit.urls import celery_broker_url

FRONT_ENDS = 12
BATCH = 50
SINGLES = 0.2
SETTLE_SECONDS = 240
CONTROL_SETTLE_SECONDS = 30


def cluster_of(services: Services, home: Path, members: dict[str, Member]) -> ChainCluster:
    return ChainCluster(members, services.redis_url, lambda name: server_pids(home, name), stopped_seconds=0)


async def under_fire(
    cluster: ChainCluster, front_ends: list[FrontEnd], wanted: list[list[str]], *, seed: int, seconds: float,
    settle_seconds: float,
) -> float:  # fmt: skip
    """Ask for everything while the cluster is harassed."""
    await until_started(front_ends[0].ports)
    harm = asyncio.to_thread(cluster.harass_with_seed, seconds, seed)
    asking = ask_everything(front_ends, wanted, settle_seconds=settle_seconds, spread_seconds=seconds * 0.9)
    _, took = await asyncio.gather(harm, asking)
    return took


def run_chain(wanted: list[list[str]], *, seed: int, seconds: float) -> tuple[Tally, Counter[str], float]:
    """Our chain."""
    with servers() as (services, home):
        upgrade(services.database_url)
        cluster = cluster_of(services, home, chain_members(environment_of(services, home), home))
        cluster.start()
        tally, token = Tally(), token_of(services)
        front_ends = [FrontEnd(API_PORTS, token, tally) for _ in range(FRONT_ENDS)]
        try:
            took = asyncio.run(
                under_fire(cluster, front_ends, wanted, seed=seed, seconds=seconds, settle_seconds=SETTLE_SECONDS)
            )
        finally:
            cluster.stop()
            if os.environ.get("CHAIN_LOGS"):
                for log in home.glob("*.log"):
                    (Path(os.environ["CHAIN_LOGS"]) / log.name).write_bytes(log.read_bytes())
        return tally, cluster.killed, took


def run_control(wanted: list[list[str]], *, seed: int, seconds: float) -> Tally:
    """The usual design, which knows single part numbers only."""

    with servers() as (services, home):
        environment = environment_of(services, home, BARE_BROKER_URL=celery_broker_url(services.redis_url))
        ours = chain_members(environment, home)
        web = [sys.executable, "-m", "uvicorn", "_partnumber_control:app", "--port", str(API_PORTS[0])]
        worker = [*CELERY, "-A", "_partnumber_control:celery", "worker", "-c", "2", "-l", "ERROR"]
        commands = {
            "api-1": [*web, "--log-level", "warning"],
            "worker-1": [*worker, "-n", "c1@%h"],
            "worker-2": [*worker, "-n", "c2@%h"],
        }
        members = {name: Member(name, command, environment, home / f"{name}.log") for name, command in commands.items()}
        cluster = cluster_of(services, home, {**members, "ai": ours["ai"]})
        cluster.start()
        tally = Tally()
        front_ends = [FrontEnd(API_PORTS[:1], "", tally, replays=False) for _ in range(FRONT_ENDS)]
        singles = [[number] for request in wanted for number in request]
        try:
            asyncio.run(
                under_fire(
                    cluster, front_ends, singles, seed=seed, seconds=seconds, settle_seconds=CONTROL_SETTLE_SECONDS
                )
            )
        finally:
            cluster.stop()
        return tally


def main() -> None:
    """Fire, count, judge."""
    quick = parse_arguments(__doc__ or "").quick
    total, seconds = (300, 20) if quick else (5_000, 120)
    seed = int(os.environ.get("CHAOS_SEED", time.time()))
    wanted = requests_of(total, singles=SINGLES, batch=BATCH)
    tally, killed, took = run_chain(wanted, seed=seed, seconds=seconds)
    print(f"seed {seed}, {seconds} s of harm: " + ", ".join(f"{n} {name}" for name, n in killed.items()))
    print(f"  {total} part numbers in {len(wanted)} tasks, {took:.0f} s; sockets came back {tally.reconnections} times")
    print(
        f"  lost {tally.lost}, final events {sum(tally.finals.values())}, doubled {tally.doubled}, "
        f"failed {len(tally.failed)}"
    )
    if not quick:
        control = run_control(wanted, seed=seed, seconds=seconds)
        asked = sum(control.asked.values())
        print(
            f"  usual design, same harm: {asked} part numbers, lost {control.lost} ({control.lost / asked:.1%}), "
            f"doubled {control.doubled}"
        )
    verdicts = [
        Verdict("chain asked", sum(tally.asked.values()) / total, 1, at_most=False),
        Verdict("chain lost", tally.lost, 0, at_most=True),
        Verdict("chain final events twice", tally.doubled, 0, at_most=True),
    ]
    for verdict in verdicts:
        print(verdict.describe())
    sys.exit(0 if all(verdict.holds for verdict in verdicts) else 1)


if __name__ == "__main__":
    main()
