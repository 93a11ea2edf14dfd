"""PNCP's records as rows of our tables, in its own field names on the right and ours on the left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from malha.procurement.rules.wire import amount, day, digest, flag, instant, name_of, part, stored, text, whole

# Also of organs whose CNPJ has letters, which PNCP's manual 2.5 announces.
CONTROL_NUMBER = re.compile(r"([0-9A-Z]{12}[0-9]{2})-([12])-([0-9]{6})/([0-9]{4})")
PROCUREMENT, CONTRACT = 1, 2

Record = Mapping[str, Any]
Row = dict[str, Any]


class RecordBrokenError(ValueError):
    """A record without what every record has: its number or its version. Nothing can be kept of it."""


def version_of(record: Record) -> datetime:
    """Its version: when it or anything below it was changed last. Old lists only have the record's own date."""
    for name in ("dataAtualizacaoGlobal", "dataAtualizacaoGlobalPCA", "dataAtualizacao", "dataPublicacaoPncp"):
        version = instant(record, name)
        if version is not None:
            return version
    raise RecordBrokenError("it has no date")


def control_number_of(record: Record) -> str:
    """The number of a `contratação`, a `contrato`, an `ata` or a plan; of a bill, which has none, ours."""
    for name in ("numeroControlePNCP", "numeroControlePNCPAta", "idPcaPncp"):
        number = text(record, name)
        if number:
            return number
    parts = [whole(record, name) for name in ("ano", "sequencialContrato", "sequencialInstrumentoCobranca")]
    cnpj = text(record, "cnpj")
    if cnpj is None or None in parts:
        raise RecordBrokenError("it has no control number")
    year, contract, sequence = parts
    return f"{cnpj}-{CONTRACT}-{contract:06}/{year}-{sequence:06}"


def split_number(control_number: str) -> tuple[str, int, int, int]:
    """Organ, kind, year and sequence of a procurement's or a contract's number; RecordBrokenError for another text."""
    match = CONTROL_NUMBER.fullmatch(control_number)
    if match is None:
        raise RecordBrokenError(f"{control_number!r} is no number of a procurement or a contract")
    return match[1], int(match[2]), int(match[4]), int(match[3])


def organ_row(organ: Record) -> Row:
    """An `orgaoEntidade`."""
    return {
        "cnpj": text(organ, "cnpj"),
        "name": text(organ, "razaoSocial"),
        "power": text(organ, "poderId"),
        "sphere": text(organ, "esferaId"),
    }


def unit_row(cnpj: str, unit: Record) -> Row:
    """A `unidadeOrgao` of an organ."""
    return {
        "organ_cnpj": cnpj,
        "code": text(unit, "codigoUnidade"),
        "name": text(unit, "nomeUnidade"),
        "uf": text(unit, "ufSigla"),
        "uf_name": text(unit, "ufNome"),
        "city": text(unit, "municipioNome"),
        "city_code": text(unit, "codigoIbge"),
    }


def procurement_row(record: Record) -> Row:
    """A `contratação`."""
    number = control_number_of(record)
    cnpj, kind, year, sequence = split_number(number)
    if kind != PROCUREMENT:
        raise RecordBrokenError(f"{number} is no number of a procurement")
    unit = part(record, "unidadeOrgao")
    published = instant(record, "dataPublicacaoPncp")
    if published is None:
        raise RecordBrokenError(f"{number} has no date of publication")
    return {
        "control_number": number,
        "organ_cnpj": text(part(record, "orgaoEntidade"), "cnpj") or cnpj,
        "unit_code": text(unit, "codigoUnidade"),
        "uf": text(unit, "ufSigla"),
        "city_code": text(unit, "codigoIbge"),
        "subrogated_organ_cnpj": text(part(record, "orgaoSubRogado"), "cnpj"),
        "subrogated_unit_code": text(part(record, "unidadeSubRogada"), "codigoUnidade"),
        "year": whole(record, "anoCompra") or year,
        "sequence": whole(record, "sequencialCompra") or sequence,
        "number": text(record, "numeroCompra"),
        "process": text(record, "processo"),
        "modality_id": whole(record, "modalidadeId"),
        "modality_name": text(record, "modalidadeNome"),
        "dispute_mode_id": whole(record, "modoDisputaId"),
        "dispute_mode_name": text(record, "modoDisputaNome"),
        "instrument_id": whole(record, "tipoInstrumentoConvocatorioCodigo"),
        "instrument_name": text(record, "tipoInstrumentoConvocatorioNome"),
        "situation_id": whole(record, "situacaoCompraId"),
        "situation_name": text(record, "situacaoCompraNome"),
        "is_price_registration": flag(record, "srp"),
        "object": text(record, "objetoCompra"),
        "additional_information": text(record, "informacaoComplementar"),
        "in_person_reason": text(record, "justificativaPresencial"),
        "source_link": text(record, "linkSistemaOrigem"),
        "process_link": text(record, "linkProcessoEletronico"),
        "published_by": text(record, "usuarioNome"),
        "legal_basis_code": whole(part(record, "amparoLegal"), "codigo"),
        "estimated_total": amount(record, "valorTotalEstimado"),
        "awarded_total": amount(record, "valorTotalHomologado"),
        "included_at": instant(record, "dataInclusao"),
        "published_at": published,
        "updated_at": instant(record, "dataAtualizacao"),
        "version_at": version_of(record),
        "proposals_open_at": instant(record, "dataAberturaProposta"),
        "proposals_close_at": instant(record, "dataEncerramentoProposta"),
        "digest": digest(record),
    }


def item_row(control_number: str, record: Record) -> Row:
    """An item; RecordBrokenError without its number."""
    number = whole(record, "numeroItem")
    if number is None:
        raise RecordBrokenError(f"an item of {control_number} has no number")
    return {
        "control_number": control_number,
        "number": number,
        "description": text(record, "descricao"),
        "quantity": amount(record, "quantidade"),
        "unit": text(record, "unidadeMedida"),
        "nature": text(record, "materialOuServico"),
        "nature_name": text(record, "materialOuServicoNome"),
        "estimated_unit_value": amount(record, "valorUnitarioEstimado"),
        "estimated_total": amount(record, "valorTotal"),
        "situation_id": whole(record, "situacaoCompraItem"),
        "situation_name": text(record, "situacaoCompraItemNome"),
        "has_result": flag(record, "temResultado"),
        "is_budget_secret": flag(record, "orcamentoSigiloso"),
        "ncm_code": text(record, "ncmNbsCodigo"),
        "catalog_code": text(record, "catalogoCodigoItem"),
        "ncm_name": text(record, "ncmNbsDescricao"),
        "catalog_name": name_of(record, "catalogo"),
        "catalog_category": name_of(record, "categoriaItemCatalogo"),
        "category_id": whole(record, "itemCategoriaId"),
        "category_name": text(record, "itemCategoriaNome"),
        "criterion_id": whole(record, "criterioJulgamentoId"),
        "criterion_name": text(record, "criterioJulgamentoNome"),
        "benefit_id": whole(record, "tipoBeneficio"),
        "benefit_name": text(record, "tipoBeneficioNome"),
        "has_production_incentive": flag(record, "incentivoProdutivoBasico"),
        "needs_national_content": flag(record, "exigenciaConteudoNacional"),
        "has_normal_margin": flag(record, "aplicabilidadeMargemPreferenciaNormal"),
        "has_additional_margin": flag(record, "aplicabilidadeMargemPreferenciaAdicional"),
        "normal_margin_percent": amount(record, "percentualMargemPreferenciaNormal"),
        "additional_margin_percent": amount(record, "percentualMargemPreferenciaAdicional"),
        "margin_kind": name_of(record, "tipoMargemPreferencia"),
        "asset_code": text(record, "patrimonio"),
        "property_code": text(record, "codigoRegistroImobiliario"),
        "additional_information": text(record, "informacaoComplementar"),
        "included_at": instant(record, "dataInclusao"),
        "updated_at": instant(record, "dataAtualizacao"),
        "raw": stored(record),
    }


def result_row(control_number: str, item_number: int, record: Record) -> Row:
    """The result of an item; RecordBrokenError without its sequence."""
    sequence = whole(record, "sequencialResultado")
    if sequence is None:
        raise RecordBrokenError(f"a result of item {item_number} of {control_number} has no sequence")
    return {
        "control_number": control_number,
        "item_number": item_number,
        "sequence": sequence,
        "supplier_id": text(record, "niFornecedor"),
        "supplier_kind": text(record, "tipoPessoa"),
        "supplier_name": text(record, "nomeRazaoSocialFornecedor"),
        "quantity": amount(record, "quantidadeHomologada"),
        "unit_value": amount(record, "valorUnitarioHomologado"),
        "total": amount(record, "valorTotalHomologado"),
        "discount_percent": amount(record, "percentualDesconto"),
        "situation_id": whole(record, "situacaoCompraItemResultadoId"),
        "situation_name": text(record, "situacaoCompraItemResultadoNome"),
        "company_size_id": whole(record, "porteFornecedorId"),
        "company_size_name": text(record, "porteFornecedorNome"),
        "country_code": text(record, "codigoPais"),
        "rank": whole(record, "ordemClassificacaoSrp"),
        "cancelled_at": instant(record, "dataCancelamento"),
        "cancellation_reason": text(record, "motivoCancelamento"),
        "decided_on": day(record, "dataResultado"),
        "raw": stored(record),
    }
