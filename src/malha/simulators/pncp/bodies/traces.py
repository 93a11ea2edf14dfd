"""Files and change logs: of procurements, contracts and atas."""

from __future__ import annotations

from typing import Any

from malha.simulators.pncp.entries import CONTRACTS, PROCUREMENTS, Entry, write_instant
from malha.simulators.pncp.history import ADDED, JUDGED, REMOVED, stand
from malha.simulators.pncp.world import World

_PORTAL = "https://pncp.gov.br/pncp-api/v1/orgaos"
_KINDS = {0: "Inclusão", 1: "Retificação", 2: "Exclusão"}
_CATEGORIES = {1: "Contratação", 3: "Contrato/Empenho", 4: "Item de Contratação", 9: "Termo de Contrato"}
_RESULT = (5, "Resultado de Item de Contratação")


def files_of_procurement(entry: Entry) -> list[dict[str, Any]]:
    """`/compras/{ano}/{sequencial}/arquivos`."""
    address = f"{_PORTAL}/{entry.organ.cnpj}/compras/{entry.year}/{entry.sequence}/arquivos/1"
    return [
        {
            **_file(entry, address, "Edital"),
            "statusAtivo": True,
            "tipoDocumentoId": 2,
            "tipoDocumentoDescricao": "Edital",
        }
    ]


def files_of_contract(entry: Entry) -> list[dict[str, Any]]:
    """`/contratos/{ano}/{sequencial}/arquivos`: the contract's year and sequence under a procurement's names."""
    address = f"{_PORTAL}/{entry.organ.cnpj}/contratos/{entry.year}/{entry.sequence}/arquivos/1"
    return [_file(entry, address, "Contrato")]


def files_of_record(entry: Entry) -> list[dict[str, Any]]:
    """`/compras/{ano}/{sequencial}/atas/{n}/arquivos`: fewer fields than the others have."""
    year = entry.parent.year if entry.parent else entry.year
    address = f"{_PORTAL}/{entry.organ.cnpj}/compras/{year}/{entry.sequence}/atas/{entry.number}/arquivos/1"
    names = ("url", "tipoDocumentoNome", "dataPublicacaoPncp", "sequencialDocumento", "titulo")
    whole = _file(entry, address, "Ata de Registro de Preço")
    return [{**{name: whole[name] for name in names}, "tipoDocumentoId": 11}]


def _file(entry: Entry, address: str, document: str) -> dict[str, Any]:
    return {
        "uri": address,
        "url": address,
        "dataPublicacaoPncp": write_instant(entry.published),
        "cnpj": entry.organ.cnpj,
        "anoCompra": entry.year,
        "sequencialCompra": entry.sequence,
        "sequencialDocumento": 1,
        "titulo": f"{document}.pdf",
        "tipoDocumentoNome": document,
    }


def history(world: World, entry: Entry, now: int) -> list[dict[str, Any]]:
    """`/historico`, oldest first (names and domains: integration manual of the portal)."""
    prefix = "compra" if entry.kind == PROCUREMENTS else "contrato"
    own = {f"{prefix}OrgaoCnpj": entry.organ.cnpj, f"{prefix}Ano": entry.year, f"{prefix}Sequencial": entry.sequence}
    category = 3 if entry.kind == CONTRACTS else 1
    log = [_event(own, entry.published, 0, category)]
    if entry.kind == CONTRACTS:
        later = [(stamp, number) for number, stamp in enumerate(entry.stamps) if number > 0 and stamp <= now]
        return log + [_event(own, stamp, 0, 9, sequencialTermoContrato=number) for stamp, number in later]
    for stamp, change, item in stand(world.seed, entry, now).log:
        kind, about = {ADDED: (0, 4), REMOVED: (2, 4), JUDGED: (0, _RESULT[0])}.get(change, (1, category))
        log.append(_event(own, stamp, kind, about, itemNumero=item))
    return log


def _event(own: dict[str, Any], instant: int, kind: int, category: int, **extra: Any) -> dict[str, Any]:
    return {
        **own,
        "logManutencaoDataInclusao": write_instant(instant),
        "tipoLogManutencao": kind,
        "tipoLogManutencaoNome": _KINDS[kind],
        "categoriaLogManutencao": category,
        "categoriaLogManutencaoNome": dict([*_CATEGORIES.items(), _RESULT])[category],
        "itemNumero": None,
        "usuarioNome": "Sistema simulado",
        "justificativa": None,
        **extra,
    }
