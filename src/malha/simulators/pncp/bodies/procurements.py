"""Procurements as the lists and the single call give them."""

from __future__ import annotations

from typing import Any

from malha.simulators.pncp.bodies.items import price_item, situation_of, win
from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.domains import DISPUTES, FUNDING_SOURCES, INSTRUMENTS, MODALITIES, SITUATIONS, SUPPORTS
from malha.simulators.pncp.entries import DAY_SECONDS, Entry, write_instant
from malha.simulators.pncp.history import Moment, stand
from malha.simulators.pncp.texts import describe_object
from malha.simulators.pncp.world import World

_WITHOUT_PROPOSALS = frozenset({9, 14})
_HOMOLOGATED = 2


def procurement(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """A row of the lists, RecuperarCompraPublicacaoDTO."""
    moment, modality = stand(world.seed, entry, now), MODALITIES[entry.modality]
    dice = Dice(world.seed, "procurement", entry.control)
    support_name, support = SUPPORTS[modality.support]
    unit, product = dice.below(entry.organ.units), price_item(world.seed, entry, 1).product
    opens, closes = proposals(world, entry)
    corrected = f" Retificação nº {moment.corrections}." if moment.corrections else ""
    federal, extra = entry.organ.sphere == "F", dice.below(3) == 0
    return {
        "srp": world.is_price_register(entry),
        "orgaoEntidade": entry.organ.entity(),
        "orgaoSubRogado": None,
        "unidadeOrgao": entry.organ.unit(unit),
        "unidadeSubRogada": None,
        "anoCompra": entry.year,
        "sequencialCompra": entry.sequence,
        "numeroControlePNCP": entry.control,
        "numeroCompra": f"{90_000 + dice.below(999)}" if federal else f"{1 + dice.below(300):03d}",
        "processo": f"{dice.below(10**6):06d}/{entry.year}",
        "objetoCompra": describe_object(dice, product),
        "informacaoComplementar": f"Conforme termo de referência.{corrected}" if extra or corrected else None,
        "amparoLegal": {"codigo": modality.support, "nome": support_name, "descricao": support},
        "fontesOrcamentarias": _funding(dice, entry),
        "modalidadeId": entry.modality,
        "modalidadeNome": modality.name,
        "modoDisputaId": modality.dispute,
        "modoDisputaNome": DISPUTES[modality.dispute],
        "tipoInstrumentoConvocatorioCodigo": modality.instrument,
        "tipoInstrumentoConvocatorioNome": INSTRUMENTS[modality.instrument],
        "situacaoCompraId": moment.situation,
        "situacaoCompraNome": SITUATIONS[moment.situation],
        "valorTotalEstimado": _estimate(world, entry, moment, dice),
        "valorTotalHomologado": _homologated(world, entry, moment),
        "justificativaPresencial": "Inviabilidade técnica da forma eletrônica."
        if entry.modality in {5, 7, 13}
        else None,
        "linkSistemaOrigem": f"https://compras.invalid/{entry.control}" if dice.below(7) else None,
        "linkProcessoEletronico": None,
        "usuarioNome": "Compras.gov.br" if federal else f"Sistema simulado {1 + dice.below(9)}",
        "dataInclusao": write_instant(entry.published),
        "dataPublicacaoPncp": write_instant(entry.published),
        "dataAberturaProposta": write_instant(opens) if opens else None,
        "dataEncerramentoProposta": write_instant(closes) if closes else None,
        "dataAtualizacao": write_instant(moment.own_change),
        "dataAtualizacaoGlobal": write_instant(entry.stamp(now) or entry.published),
    }


def procurement_alone(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """What `/orgaos/{cnpj}/compras/{ano}/{sequencial}` gives, RecuperarCompraDTO."""
    row = procurement(world, entry, now)
    return {
        **row,
        "orcamentoSigilosoCodigo": 1,
        "orcamentoSigilosoDescricao": "Compra sem sigilo",
        "existeResultado": row["valorTotalHomologado"] is not None,
    }


def proposals(world: World, entry: Entry) -> tuple[int, int] | tuple[None, None]:
    """When proposals are taken; contracting without competition takes none."""
    if entry.modality in _WITHOUT_PROPOSALS:
        return None, None
    dice = Dice(world.seed, "proposals", entry.control)
    opens = entry.published + 3600
    return opens, opens + (3 + dice.below(25)) * DAY_SECONDS


def _funding(dice: Dice, entry: Entry) -> list[dict[str, Any]]:
    if dice.below(4):
        return []
    code = dice.pick(tuple(FUNDING_SOURCES))
    name, written = FUNDING_SOURCES[code], write_instant(entry.published)
    return [{"codigo": code, "nome": name, "descricao": f"Recurso {name.lower()}", "dataInclusao": written}]


def _estimate(world: World, entry: Entry, moment: Moment, dice: Dice) -> float:
    """Zero in a quarter of all, which says nothing of the price."""
    if dice.below(4) == 0:
        return 0.0
    return round(sum(price_item(world.seed, entry, number).total for number in moment.items), 4)


def _homologated(world: World, entry: Entry, moment: Moment) -> float | None:
    won = [n for n in moment.items if situation_of(world.seed, entry, moment, n) == _HOMOLOGATED]
    return round(sum(win(world.seed, entry, number).total for number in won), 4) if won else None
