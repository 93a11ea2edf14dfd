"""Nothing is called complete while a record is missing: seeded runs against a portal that hides records.

Pages that are short, shifted, repeated or empty, totals that change, children that are lost, each at 10 %. A
straightforward client stands beside it as the control: it reads page after page until the portal says that none is
left, tries each request three times, and calls a day complete when nothing went wrong. Exits 1 for a single
partition of ours that is called complete without being it.
"""

from __future__ import annotations

import os
import time
from datetime import date
from typing import Any

import httpx2
from _pncp import Worker, portal, read_copy, servers, settings_for
from _report import Verdict, finish, parse_arguments

from malha.procurement.client import persistence
from malha.simulators.pncp import State, World, faults, truth
from malha.simulators.pncp.copies import Copy, add_entry, compare
from malha.simulators.pncp.entries import PROCUREMENTS

HIDING = (
    faults.SHORT_PAGE,
    faults.SHIFTED_PAGE,
    faults.REPEATED_PAGE,
    faults.EMPTY_PAGE,
    faults.CHANGED_TOTAL,
    faults.LOST_CHILDREN,
)
ODDS = 0.1
DAY = date(2026, 11, 9)
MODALITIES = (6, 8)
SCALE = 0.04
RUNS, QUICK_RUNS = 200, 5
PORTAL_CLIENT_PAGE = 50


def main() -> None:
    arguments = parse_arguments(__doc__ or "")
    runs = QUICK_RUNS if arguments.quick else RUNS
    persistence.FIRST_PAUSE_SECONDS = 0.002  # the portal's faults do not pass with time
    ours = {"complete": 0, "false": 0, "left open": 0}
    theirs = dict.fromkeys(ours, 0)
    began = time.monotonic()
    with servers() as (services, _home):
        for seed in range(1, runs + 1):
            state = State(world=World(seed, SCALE))
            state.set_odds(dict.fromkeys(HIDING, ODDS))
            with portal(state) as host:
                worker = Worker(settings_for(services, host, modalities=list(MODALITIES)))
                try:
                    worker.clear()
                    worker.drain(worker.take(DAY, DAY, ["procurements"]))
                    count(ours, judged(worker), held_numbers(read_copy(services.database_url), state))
                finally:
                    worker.close()
                count(theirs, *control(host, state))
    report(ours, theirs, runs, time.monotonic() - began)


def wanted(state: State, modality: int) -> Copy:
    """What a partition holds in truth."""
    copy = Copy()
    for entry in truth(state, PROCUREMENTS, DAY, modality):
        add_entry(copy, state, entry, "procurement", details=False)
    return copy


def judged(worker: Worker) -> dict[int, bool]:
    rows = worker.record.execute("SELECT modality, state FROM procurement_partitions WHERE kind = 'procurements'")
    return {row["modality"]: row["state"] == "complete" for row in rows}


def held_numbers(held: Copy, state: State) -> dict[int, bool]:
    """Whether nothing of a modality is missing or wrong."""
    found = {}
    for modality in MODALITIES:
        differences = compare(wanted(state, modality), held)
        found[modality] = not differences.missing and not differences.different
    return found


def count(tally: dict[str, int], called_complete: dict[int, bool], is_whole: dict[int, bool]) -> None:
    for modality in MODALITIES:
        if not called_complete.get(modality):
            tally["left open"] += 1
        else:
            tally["complete"] += 1
            tally["false"] += not is_whole[modality]


def control(host: str, state: State) -> tuple[dict[int, bool], dict[int, bool]]:
    """A client as one writes it in an afternoon: what it calls complete, and what is."""
    called, whole = {}, {}
    with httpx2.Client(base_url=f"http://{host}", timeout=30) as client:
        for modality in MODALITIES:
            copy = Copy()
            called[modality] = read_straightforwardly(client, modality, copy)
            differences = compare(wanted(state, modality), copy)
            whole[modality] = not differences.missing and not differences.different
    return called, whole


def read_straightforwardly(client: httpx2.Client, modality: int, copy: Copy) -> bool:
    day, page = DAY.strftime("%Y%m%d"), 1
    while True:
        query = {"dataInicial": day, "dataFinal": day, "codigoModalidadeContratacao": modality, "pagina": page}
        body = get(client, "/api/consulta/v1/contratacoes/publicacao", query | {"tamanhoPagina": PORTAL_CLIENT_PAGE})
        if body is None:
            return page == 1
        for record in body["data"]:
            copy.add("record", "procurement", record["numeroControlePNCP"], body=record)
            read_children(client, record, copy)
        if page >= body["totalPaginas"]:
            return True
        page += 1


def read_children(client: httpx2.Client, record: dict[str, Any], copy: Copy) -> None:
    number = record["numeroControlePNCP"]
    own = f"{record['orgaoEntidade']['cnpj']}/compras/{record['anoCompra']}/{record['sequencialCompra']}"
    path = f"/api/pncp/v1/orgaos/{own}/itens"
    for item in get(client, path, {"pagina": 1, "tamanhoPagina": 500}) or []:
        copy.add("item", number, item["numeroItem"], body=item)
        if item["temResultado"]:
            for result in get(client, f"{path}/{item['numeroItem']}/resultados", {}) or []:
                copy.add("result", number, item["numeroItem"], body=result)


def get(client: httpx2.Client, path: str, query: dict[str, Any]) -> Any:
    for tries_left in (2, 1, 0):
        reply = client.get(path, params=query)
        if reply.status_code == 204:
            return None
        if reply.status_code == 200:
            return reply.json()
        if not tries_left:
            reply.raise_for_status()
    return None


def report(ours: dict[str, int], theirs: dict[str, int], runs: int, seconds: float) -> None:
    print(f"  {runs} runs of {len(MODALITIES)} partitions in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    for name, tally in (("malha", ours), ("straightforward client", theirs)):
        print(f"  {name:<24} {tally['complete']} called complete, {tally['false']} of them falsely; "
              f"{tally['left open']} left open")  # fmt: skip
    share = ours["complete"] / max(ours["complete"] + ours["left open"], 1)
    finish(
        [],
        [
            Verdict("partitions called complete that are not", ours["false"], 0, at_most=True),
            Verdict("share of partitions proved complete", share, 0.95, at_most=False),
        ],
    )


if __name__ == "__main__":
    main()
