"""Contracts with their amendments and bills, and price records, as rows of our tables."""

from __future__ import annotations

from malha.procurement.rules.records import (
    CONTRACT,
    Record,
    RecordBrokenError,
    Row,
    control_number_of,
    version_of,
)
from malha.procurement.rules.wire import amount, day, digest, flag, instant, part, stored, text, whole


def contract_row(record: Record) -> Row:
    """A `contrato`; PNCP writes its procurement's number with a small "ncp"."""
    unit, kind, category = (part(record, name) for name in ("unidadeOrgao", "tipoContrato", "categoriaProcesso"))
    return {
        "control_number": control_number_of(record),
        "procurement_control_number": text(record, "numeroControlePncpCompra"),
        "price_record_control_number": text(record, "numeroControlePncpAta"),
        "organ_cnpj": text(part(record, "orgaoEntidade"), "cnpj"),
        "unit_code": text(unit, "codigoUnidade"),
        "uf": text(unit, "ufSigla"),
        "city_code": text(unit, "codigoIbge"),
        "year": whole(record, "anoContrato"),
        "sequence": whole(record, "sequencialContrato"),
        "number": text(record, "numeroContratoEmpenho"),
        "process": text(record, "processo"),
        "kind_id": whole(kind, "id"),
        "kind_name": text(kind, "nome"),
        "category_id": whole(category, "id"),
        "category_name": text(category, "nome"),
        "is_revenue": flag(record, "receita"),
        "corrections": whole(record, "numeroRetificacao"),
        "additional_information": text(record, "informacaoComplementar"),
        "object": text(record, "objetoContrato"),
        "supplier_id": text(record, "niFornecedor"),
        "supplier_kind": text(record, "tipoPessoa"),
        "supplier_name": text(record, "nomeRazaoSocialFornecedor"),
        "initial_value": amount(record, "valorInicial"),
        "total": amount(record, "valorGlobal"),
        "accumulated_total": amount(record, "valorAcumulado"),
        "installments": whole(record, "numeroParcelas"),
        "installment_value": amount(record, "valorParcela"),
        "signed_on": day(record, "dataAssinatura"),
        "starts_on": day(record, "dataVigenciaInicio"),
        "ends_on": day(record, "dataVigenciaFim"),
        "published_at": instant(record, "dataPublicacaoPncp"),
        "version_at": version_of(record),
        "digest": digest(record),
    }


def price_record_row(record: Record) -> Row:
    """An `ata`, which is flat."""
    return {
        "control_number": control_number_of(record),
        "procurement_control_number": text(record, "numeroControlePNCPCompra"),
        "organ_cnpj": text(record, "cnpjOrgao"),
        "organ_name": text(record, "nomeOrgao"),
        "unit_code": text(record, "codigoUnidadeOrgao"),
        "unit_name": text(record, "nomeUnidadeOrgao"),
        "number": text(record, "numeroAtaRegistroPreco"),
        "year": whole(record, "anoAta"),
        "object": text(record, "objetoContratacao"),
        "is_cancelled": flag(record, "cancelado"),
        "cancelled_on": day(record, "dataCancelamento"),
        "published_by": text(record, "usuario"),
        "signed_on": day(record, "dataAssinatura"),
        "starts_on": day(record, "vigenciaInicio"),
        "ends_on": day(record, "vigenciaFim"),
        "published_at": instant(record, "dataPublicacaoPncp"),
        "version_at": version_of(record),
        "digest": digest(record),
    }


def amendment_row(contract: str, record: Record) -> Row:
    """A `termo`; RecordBrokenError without its sequence."""
    sequence = whole(record, "sequencialTermoContrato")
    if sequence is None:
        raise RecordBrokenError(f"an amendment of {contract} has no sequence")
    return {
        "contract_control_number": contract,
        "sequence": sequence,
        "number": text(record, "numeroTermoContrato"),
        "kind_name": text(record, "tipoTermoContratoNome"),
        "object": text(record, "objetoTermoContrato"),
        "legal_basis": text(record, "fundamentoLegal"),
        "supplier_id": text(record, "niFornecedor"),
        "supplier_kind": text(record, "tipoPessoa"),
        "supplier_name": text(record, "nomeRazaoSocialFornecedor"),
        "changes_value": flag(record, "qualificacaoAcrescimoSupressao"),
        "changes_term": flag(record, "qualificacaoVigencia"),
        "changes_supplier": flag(record, "qualificacaoFornecedor"),
        "adjusts_price": flag(record, "qualificacaoReajuste"),
        "added_value": amount(record, "valorAcrescido"),
        "added_days": whole(record, "prazoAditadoDias"),
        "total": amount(record, "valorGlobal"),
        "signed_on": day(record, "dataAssinatura"),
        "starts_on": day(record, "dataVigenciaInicio"),
        "ends_on": day(record, "dataVigenciaFim"),
        "published_at": instant(record, "dataPublicacaoPncp"),
        "raw": stored(record),
    }


def collection_instrument_row(record: Record) -> Row:
    """An `instrumento de cobrança`; what its note is worth is written the Brazilian way."""
    kind, note = part(record, "tipoInstrumentoCobranca"), part(record, "notaFiscalEletronica")
    year, contract = whole(record, "ano"), whole(record, "sequencialContrato")
    return {
        "control_number": control_number_of(record),
        "contract_control_number": f"{text(record, 'cnpj')}-{CONTRACT}-{contract:06}/{year}",
        "organ_cnpj": text(record, "cnpj"),
        "sequence": whole(record, "sequencialInstrumentoCobranca"),
        "kind_id": whole(kind, "id"),
        "kind_name": text(kind, "nome"),
        "number": text(record, "numeroInstrumentoCobranca"),
        "issued_on": day(record, "dataEmissaoDocumento"),
        "access_key": text(record, "chaveNFe"),
        "issuer_id": text(note, "niEmitente"),
        "issuer_name": text(note, "nomeEmitente"),
        "total": amount({"value": _with_point(text(note, "valorNotaFiscal"))}, "value"),
        "published_at": instant(record, "dataInclusao"),
        "version_at": version_of(record),
        "digest": digest(record),
    }


def _with_point(written: str | None) -> str | None:
    """`1.234,56` and `1234,56` as 1234.56; a text without a comma as it is."""
    return written.replace(".", "").replace(",", ".") if written and "," in written else written
