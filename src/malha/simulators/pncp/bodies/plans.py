"""Annual contracting plans (PCA) with their items."""

from __future__ import annotations

from typing import Any

from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.domains import PLAN_CATEGORIES
from malha.simulators.pncp.entries import Entry, write_instant
from malha.simulators.pncp.texts import PRODUCTS
from malha.simulators.pncp.world import World

CLASSES = {"1": "UNIDADE", "8905": "GÊNEROS ALIMENTÍCIOS", "6505": "MEDICAMENTOS", "7520": "MATERIAL DE ESCRITÓRIO"}


def plan(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """A row of `/v1/pca`, PlanoContratacaoComItensDoUsuarioDTO; a change adds an item."""
    dice = Dice(world.seed, "plan", entry.control)
    unit = entry.organ.unit(dice.below(entry.organ.units))
    count = 1 + dice.below(40) + entry.version(now)
    return {
        "itens": [_item(world, entry, unit["nomeUnidade"], number) for number in range(1, 1 + count)],
        "codigoUnidade": unit["codigoUnidade"],
        "nomeUnidade": unit["nomeUnidade"],
        "anoPca": entry.year,
        "orgaoEntidadeRazaoSocial": entry.organ.name,
        "orgaoEntidadeCnpj": entry.organ.cnpj,
        "dataPublicacaoPNCP": write_instant(entry.published),
        "dataAtualizacaoGlobalPCA": write_instant(entry.stamp(now) or entry.published),
        "idPcaPncp": entry.control,
    }


def _item(world: World, entry: Entry, unit: str, number: int) -> dict[str, Any]:
    dice = Dice(world.seed, "plan item", entry.control, number)
    product, quantity, upper = dice.pick(PRODUCTS), 1 + dice.below(500), dice.pick(tuple(CLASSES))
    written, total = write_instant(entry.published), round(quantity * product.price, 2)
    return {
        "numeroItem": number,
        "codigoItem": product.catalogue,
        "descricaoItem": product.name.upper(),
        "pdmCodigo": None,
        "pdmDescricao": None,
        "quantidadeEstimada": quantity,
        "unidadeFornecimento": f"{product.unit}   ",
        "unidadeRequisitante": unit,
        "valorUnitario": product.price,
        "valorTotal": total,
        "valorOrcamentoExercicio": total,
        "dataDesejada": f"{entry.year}-{1 + dice.below(12):02d}-15",
        "dataInclusao": written,
        "dataAtualizacao": written,
        "categoriaItemPcaNome": PLAN_CATEGORIES[2 if product.is_service else 1],
        "grupoContratacaoCodigo": None,
        "grupoContratacaoNome": None,
        "classificacaoCatalogoId": 2 if product.is_service else 1,
        "nomeClassificacaoCatalogo": "Serviço" if product.is_service else "Material",
        "classificacaoSuperiorCodigo": upper,
        "classificacaoSuperiorNome": CLASSES[upper],
    }
