"""Items of a procurement and who won them."""

from __future__ import annotations

from typing import Any, NamedTuple

from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.domains import BENEFITS, COMPANY_SIZES, CRITERIA, ITEM_SITUATIONS
from malha.simulators.pncp.entries import Entry, write_instant
from malha.simulators.pncp.history import Moment
from malha.simulators.pncp.suppliers import Supplier, pick_supplier
from malha.simulators.pncp.texts import PRODUCTS, Product

_SLIPS = (10.0, 100.0, 10_000.0)
_FILLERS = (999_999.99, 1.0, 0.01)


class Price(NamedTuple):
    """What an item is and costs, in reais; `planted` names the slip that was made on purpose."""

    product: Product
    quantity: float
    unit: float
    total: float
    planted: str | None = None


def price_item(seed: int, entry: Entry, number: int) -> Price:
    """One in a hundred slips by a factor, as many hold a filler, and a few totals fit no quantity."""
    dice = Dice(seed, "price", entry.control, number)
    product = PRODUCTS[min(dice.below(len(PRODUCTS)), dice.below(len(PRODUCTS)))]
    quantity, unit = float(1 + dice.below(400)), round(product.price * dice.spread(0.7, 1.4), 4)
    slip = dice.below(100)
    if slip == 0:
        factor = dice.pick(_SLIPS)
        return Price(product, quantity, unit * factor, round(quantity * unit * factor, 4), f"factor {factor:g}")
    if slip == 1:
        unit = dice.pick(_FILLERS)
        return Price(product, quantity, unit, round(quantity * unit, 4), "filler")
    if slip == 2:
        return Price(product, quantity, unit, round(quantity * unit * 100, 4), "total")
    return Price(product, quantity, unit, round(quantity * unit, 4))


def situation_of(seed: int, entry: Entry, moment: Moment, number: int) -> int:
    """Code of ITEM_SITUATIONS."""
    if moment.judged is None:
        return 1
    return Dice(seed, "item", entry.control, number).pick((2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5))


def item(seed: int, entry: Entry, moment: Moment, number: int) -> dict[str, Any]:
    """An element of `/itens`."""
    price = price_item(seed, entry, number)
    product, dice = price.product, Dice(seed, "details", entry.control, number)
    situation = situation_of(seed, entry, moment, number)
    benefit, is_discount = 1 + dice.below(5), dice.below(40) == 0
    criterion = 2 if is_discount else 1
    return {
        "numeroItem": number,
        "descricao": f"{product.name.upper()}, item {number}",
        "materialOuServico": "S" if product.is_service else "M",
        "materialOuServicoNome": "Serviço" if product.is_service else "Material",
        "valorUnitarioEstimado": price.unit,
        "valorTotal": price.total,
        "quantidade": price.quantity,
        "unidadeMedida": product.unit,
        "orcamentoSigiloso": False,
        "itemCategoriaId": 3,
        "itemCategoriaNome": "Não se aplica",
        "patrimonio": None,
        "codigoRegistroImobiliario": None,
        "criterioJulgamentoId": criterion,
        "criterioJulgamentoNome": CRITERIA[criterion],
        "situacaoCompraItem": situation,
        "situacaoCompraItemNome": ITEM_SITUATIONS[situation],
        "tipoBeneficio": benefit,
        "tipoBeneficioNome": BENEFITS[benefit],
        "incentivoProdutivoBasico": False,
        "dataInclusao": write_instant(entry.published),
        "dataAtualizacao": write_instant(moment.items[number]),
        "temResultado": situation == 2,
        "imagem": 0,
        "aplicabilidadeMargemPreferenciaNormal": False,
        "aplicabilidadeMargemPreferenciaAdicional": False,
        "percentualMargemPreferenciaNormal": None,
        "percentualMargemPreferenciaAdicional": None,
        "ncmNbsCodigo": product.ncm if dice.below(3) else None,
        "ncmNbsDescricao": None,
        "catalogo": {"id": 2, "nome": "Catálogo do Compras.gov.br"} if product.catalogue else None,
        "categoriaItemCatalogo": {"id": 1, "nome": "Material"} if product.catalogue else None,
        "catalogoCodigoItem": product.catalogue,
        "informacaoComplementar": None,
        "tipoMargemPreferencia": None,
        "exigenciaConteudoNacional": False,
    }


class Win(NamedTuple):
    """Who won an item, and at which price."""

    supplier: Supplier
    quantity: float
    unit: float
    total: float


def win(seed: int, entry: Entry, number: int) -> Win:
    """Mostly a little below the estimate."""
    dice, price = Dice(seed, "win", entry.control, number), price_item(seed, entry, number)
    unit = round(price.unit * (1.0 if dice.below(6) == 0 else dice.spread(0.6, 1.0)), 4)
    return Win(pick_supplier(dice), price.quantity, unit, round(price.quantity * unit, 4))


def result(seed: int, entry: Entry, moment: Moment, number: int) -> dict[str, Any]:
    """An element of `/itens/{n}/resultados`; its item must have been judged."""
    won, written = win(seed, entry, number), write_instant(moment.items[number])
    who = won.supplier
    return {
        "indicadorSubcontratacao": False,
        "reservaRemanescente": {"codigo": 1, "nome": "Não se aplica"},
        "timezoneCotacaoMoedaEstrangeira": None,
        "moedaEstrangeira": None,
        "dataInclusao": written,
        "numeroItem": number,
        "niFornecedor": who.identifier,
        "dataCancelamento": None,
        "dataAtualizacao": written,
        "tipoPessoa": who.person,
        "nomeRazaoSocialFornecedor": who.name,
        "valorTotalHomologado": won.total,
        "valorNominalMoedaEstrangeira": None,
        "dataCotacaoMoedaEstrangeira": None,
        "codigoPais": "BRA",
        "porteFornecedorId": who.size,
        "quantidadeHomologada": won.quantity,
        "valorUnitarioHomologado": won.unit,
        "percentualDesconto": 0.0,
        "amparoLegalMargemPreferencia": None,
        "amparoLegalCriterioDesempate": None,
        "paisOrigemProdutoServico": None,
        "localidadeExterior": None,
        "ordemClassificacaoSrp": 1,
        "dataResultado": written[:10],
        "motivoCancelamento": None,
        "situacaoCompraItemResultadoId": 1,
        "porteFornecedorNome": COMPANY_SIZES[who.size],
        "situacaoCompraItemResultadoNome": "Informado",
        "sequencialResultado": 1,
        "naturezaJuridicaNome": None,
        "localidadeFornecedor": None,
        "aplicacaoMargemPreferencia": False,
        "aplicacaoBeneficioMeEpp": False,
        "aplicacaoCriterioDesempate": False,
        "naturezaJuridicaId": None,
        "numeroControlePNCPCompra": entry.control,
    }
