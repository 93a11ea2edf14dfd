"""Contracts with their amendments and invoices, and price registration records (atas)."""

from __future__ import annotations

from typing import Any

from malha.simulators.nfe.check_digits import access_key
from malha.simulators.pncp.bodies.items import price_item, win
from malha.simulators.pncp.bodies.procurements import procurement
from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.domains import CONTRACT_TYPES, INVOICE_TYPES, PROCESS_CATEGORIES
from malha.simulators.pncp.entries import DAY_SECONDS, Entry, write_instant
from malha.simulators.pncp.suppliers import Supplier, pick_supplier
from malha.simulators.pncp.world import RECORD_VALIDITY_DAYS, World

_AMENDMENTS = ("prazo", "acréscimo", "reajuste")


def parent_of(entry: Entry) -> Entry:
    """The procurement of a contract or an ata, the contract of an invoice."""
    if entry.parent is None:
        raise ValueError(f"{entry.control} has no parent")
    return entry.parent


def contract(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """A row of the lists, RecuperarContratoDTO with the fields of 2026."""
    parent, dice = parent_of(entry), Dice(world.seed, "contract", entry.control)
    bought, won = procurement(world, parent, now), win(world.seed, parent, 1 + entry.number)
    signed, kind, category = _day(entry.published - DAY_SECONDS), dice.pick((1, 1, 7, 7, 12)), dice.pick((2, 2, 7, 8))
    parts = dice.pick((1, 1, 12))
    added = sum(_amended(world, entry, number) for number in range(1, 1 + entry.version(now)))
    who = won.supplier
    return {
        "numeroControlePNCP": entry.control,
        "numeroControlePncpCompra": parent.control,
        "numeroControlePncpAta": None,
        "anoContrato": entry.year,
        "sequencialContrato": entry.sequence,
        "numeroContratoEmpenho": f"{entry.year}NE{dice.below(10**6):06d}",
        "processo": bought["processo"],
        "objetoContrato": bought["objetoCompra"],
        "informacaoComplementar": None,
        "tipoContrato": {"id": kind, "nome": CONTRACT_TYPES[kind]},
        "categoriaProcesso": {"id": category, "nome": PROCESS_CATEGORIES[category]},
        "niFornecedor": who.identifier,
        "nomeRazaoSocialFornecedor": who.name,
        "tipoPessoa": who.person,
        "codigoPaisFornecedor": "BRA",
        "niFornecedorSubContratado": None,
        "nomeFornecedorSubContratado": None,
        "tipoPessoaSubContratada": None,
        "orgaoEntidade": entry.organ.entity(),
        "unidadeOrgao": bought["unidadeOrgao"],
        "orgaoSubRogado": None,
        "unidadeSubRogada": None,
        "dataAssinatura": signed,
        "dataVigenciaInicio": signed,
        "dataVigenciaFim": _day(entry.published + 365 * DAY_SECONDS),
        "dataPublicacaoPncp": write_instant(entry.published),
        "dataAtualizacao": write_instant(entry.published),
        "dataAtualizacaoGlobal": write_instant(entry.stamp(now) or entry.published),
        "receita": False,
        "numeroParcelas": parts,
        "numeroRetificacao": 0,
        "valorInicial": won.total,
        "valorParcela": round((won.total + added) / parts, 2),
        "valorGlobal": round(won.total + added, 4),
        "valorAcumulado": round(won.total + added, 4) if added else None,
        "identificadorCipi": None,
        "urlCipi": None,
        "usuarioNome": bought["usuarioNome"],
        "frutoAdesao": False,
        "temRemanejamento": False,
        "emendaParlamentar": None,
    }


def amendment(world: World, entry: Entry, number: int) -> dict[str, Any]:
    """An element of `/termos`: every change of a contract is one."""
    parent, kind = parent_of(entry), _kind_of_amendment(world, entry, number)
    who, added = win(world.seed, parent, 1 + entry.number).supplier, _amended(world, entry, number)
    written, is_term = write_instant(entry.stamps[number]), kind == "prazo"
    return {
        "sequencialTermoContrato": number,
        "numeroTermoContrato": f"{number}/{entry.year}",
        "tipoTermoContratoNome": "Termo de Apostilamento" if kind == "reajuste" else "Termo Aditivo",
        "objetoTermoContrato": f"Termo de {kind} do contrato.",
        "orgaoEntidade": entry.organ.entity(),
        "niFornecedor": who.identifier,
        "tipoPessoa": who.person,
        "nomeRazaoSocialFornecedor": who.name,
        "dataAssinatura": written[:10],
        "dataVigenciaInicio": written[:10],
        "dataVigenciaFim": _day(entry.published + (545 if is_term else 365) * DAY_SECONDS),
        "dataPublicacaoPncp": written,
        "dataInclusao": written,
        "dataAtualizacao": written,
        "qualificacaoAcrescimoSupressao": kind == "acréscimo",
        "qualificacaoVigencia": is_term,
        "qualificacaoFornecedor": False,
        "qualificacaoReajuste": kind == "reajuste",
        "prazoAditadoDias": 180 if is_term else 0,
        "valorAcrescido": added,
        "valorParcela": None,
        "valorGlobal": None,
        "numeroParcelas": 1,
        "informativoObservacao": None,
        "fundamentoLegal": "Lei 14.133/2021, Art. 124",
        "informacaoComplementar": None,
    }


def _kind_of_amendment(world: World, entry: Entry, number: int) -> str:
    return Dice(world.seed, "amendment", entry.control, number).pick(_AMENDMENTS)


def _amended(world: World, entry: Entry, number: int) -> float:
    """Mostly below the quarter that art. 125 allows."""
    if _kind_of_amendment(world, entry, number) == "prazo":
        return 0.0
    dice = Dice(world.seed, "added", entry.control, number)
    return round(win(world.seed, parent_of(entry), 1 + entry.number).total * dice.spread(0.01, 0.3), 4)


def record(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """A row of `/v1/atas`, AtaRegistroPrecoPeriodoDTO: flat, and with days where the document says instants."""
    parent = parent_of(entry)
    bought, day = procurement(world, parent, now), _day(entry.published)
    cancelled = Dice(world.seed, "cancelled", entry.control).below(50) == 0 and entry.version(now) > 0
    changed = _day(entry.stamp(now) or entry.published)
    return {
        "numeroControlePNCPAta": entry.control,
        "numeroAtaRegistroPreco": str(entry.number),
        "anoAta": entry.year,
        "numeroControlePNCPCompra": parent.control,
        "cancelado": cancelled,
        "dataCancelamento": changed if cancelled else None,
        "dataAssinatura": day,
        "vigenciaInicio": day,
        "vigenciaFim": _day(entry.published + RECORD_VALIDITY_DAYS * DAY_SECONDS),
        "dataPublicacaoPncp": day,
        "dataInclusao": day,
        "dataAtualizacao": changed,
        "dataAtualizacaoGlobal": changed,
        "usuario": bought["usuarioNome"],
        "objetoContratacao": bought["objetoCompra"],
        "cnpjOrgao": entry.organ.cnpj,
        "nomeOrgao": entry.organ.name,
        "codigoUnidadeOrgao": bought["unidadeOrgao"]["codigoUnidade"],
        "nomeUnidadeOrgao": bought["unidadeOrgao"]["nomeUnidade"],
        "cnpjOrgaoSubrogado": None,
        "nomeOrgaoSubrogado": None,
        "codigoUnidadeOrgaoSubrogado": None,
        "nomeUnidadeOrgaoSubrogado": None,
        "possibilidadeAdesao": False,
    }


def record_alone(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """What `/compras/{ano}/{sequencial}/atas/{n}` gives: other names for the same, and organ and unit whole."""
    row, bought = record(world, entry, now), procurement(world, parent_of(entry), now)
    return {
        "numeroAtaRegistroPreco": row["numeroAtaRegistroPreco"],
        "anoAta": row["anoAta"],
        "dataAssinatura": row["dataAssinatura"],
        "dataVigenciaInicio": row["vigenciaInicio"],
        "dataVigenciaFim": row["vigenciaFim"],
        "cancelado": row["cancelado"],
        "sequencialAta": entry.number,
        "numeroControlePNCP": entry.control,
        "orgaoEntidade": bought["orgaoEntidade"],
        "unidadeOrgao": bought["unidadeOrgao"],
        "modalidadeNome": bought["modalidadeNome"],
        "objetoCompra": bought["objetoCompra"],
        "informacaoComplementarCompra": bought["informacaoComplementar"] or " ",
        "usuarioNome": bought["usuarioNome"],
        "numeroControlePncpCompra": bought["numeroControlePNCP"],
    }


def invoice(world: World, entry: Entry, now: int) -> dict[str, Any]:
    """A row of `/v1/instrumentoscobranca/inclusao`, ConsultarInstrumentoCobrancaDTO."""
    parent, dice = parent_of(entry), Dice(world.seed, "invoice", entry.control)
    kind, written = dice.pick((1, 1, 1, 2, 3)), write_instant(entry.published)
    who = pick_supplier(dice)
    key = _key(dice, entry, who) if kind == 1 and who.person == "PJ" else None
    return {
        "cnpj": entry.organ.cnpj,
        "ano": parent.year,
        "sequencialContrato": parent.sequence,
        "sequencialInstrumentoCobranca": entry.number,
        "tipoInstrumentoCobranca": {
            "id": kind,
            "nome": INVOICE_TYPES[kind],
            "descricao": INVOICE_TYPES[kind],
            "dataInclusao": "2025-02-10T00:00:00",
            "dataAtualizacao": "2025-02-10T00:00:00",
            "statusAtivo": True,
        },
        "numeroInstrumentoCobranca": str(1 + dice.below(99_999)),
        "dataEmissaoDocumento": written[:10],
        "observacao": None,
        "chaveNFe": key,
        "fonteNFe": 1 if key else None,
        "dataConsultaNFe": written if key else None,
        "statusResponseNFe": "200" if key else None,
        "jsonResponseNFe": None,
        "notaFiscalEletronica": _note(world, entry, key, who) if key else None,
        "dataInclusao": written,
        "dataAtualizacao": written,
        "recuperarContratoDTO": contract(world, parent, now),
    }


def _key(dice: Dice, entry: Entry, who: Supplier) -> str:
    month = write_instant(entry.published)[2:7].replace("-", "")
    return access_key(f"35{month}{who.identifier}55001{dice.below(10**9):09d}1{dice.below(10**8):08d}")


def _note(world: World, entry: Entry, key: str, who: Supplier) -> dict[str, Any]:
    written, price = write_instant(entry.published), price_item(world.seed, parent_of(parent_of(entry)), 1)
    total = f"{price.total:.2f}".replace(".", ",")
    return {
        "instrumentoCobrancaId": parent_of(entry).sequence * 10 + entry.number,
        "chave": key,
        "nfTransparenciaID": parent_of(entry).sequence * 10 + entry.number,
        "numero": int(key[25:34]),
        "serie": 1,
        "dataEmissao": written[:10],
        "niEmitente": who.identifier,
        "nomeEmitente": who.name,
        "nomeMunicipioEmitente": "SAO PAULO",
        "codigoOrgaoDestinatario": "0",
        "nomeOrgaoDestinatario": entry.organ.name,
        "codigoOrgaoSuperiorDestinatario": "0",
        "nomeOrgaoSuperiorDestinatario": entry.organ.name,
        "valorNotaFiscal": total,
        "tipoEventoMaisRecente": "Autorização de Uso",
        "dataTipoEventoMaisRecente": written,
        "dataInclusao": written,
        "dataAtualizacao": written,
        "itens": [
            {
                "numeroItem": "1",
                "descricaoProdutoServico": price.product.name.upper(),
                "codigoNCM": price.product.ncm or "00000000",
                "descricaoNCM": price.product.name,
                "cfop": "5102",
                "quantidade": f"{price.quantity:.4f}".replace(".", ","),
                "unidade": price.product.unit,
                "valorUnitario": f"{price.unit:.4f}".replace(".", ","),
                "valorTotal": total,
            }
        ],
        "eventos": [
            {
                "dataEvento": written,
                "tipoEvento": "Autorização de Uso",
                "evento": "Autorização de Uso",
                "motivoEvento": "",
            }
        ],
    }


def _day(instant: int) -> str:
    return write_instant(instant)[:10]
