"""Annual plans as rows of our tables."""

from __future__ import annotations

from malha.procurement.rules.records import Record, RecordBrokenError, Row, control_number_of, version_of
from malha.procurement.rules.wire import amount, day, digest, instant, stored, text, whole


def plan_row(record: Record) -> Row:
    """A `plano de contratações anual`."""
    return {
        "control_number": control_number_of(record),
        "organ_cnpj": text(record, "orgaoEntidadeCnpj"),
        "organ_name": text(record, "orgaoEntidadeRazaoSocial"),
        "unit_code": text(record, "codigoUnidade"),
        "unit_name": text(record, "nomeUnidade"),
        "year": whole(record, "anoPca"),
        "published_at": instant(record, "dataPublicacaoPNCP"),
        "version_at": version_of(record),
        "digest": digest(record),
    }


def plan_item_rows(record: Record) -> list[Row]:
    """Its items, which come with it. Raises RecordBrokenError where they are no list of numbered records."""
    plan, items = control_number_of(record), record.get("itens")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RecordBrokenError(f"{plan} has no list of items")
    rows = {row["number"]: row for row in (_item_row(plan, item) for item in items)}
    if len(rows) != len(items):
        raise RecordBrokenError(f"{plan} has two items with one number")
    return list(rows.values())


def _item_row(plan: str, record: Record) -> Row:
    number = whole(record, "numeroItem")
    if number is None:
        raise RecordBrokenError(f"an item of {plan} has no number")
    return {
        "control_number": plan,
        "number": number,
        "description": text(record, "descricaoItem"),
        "category_name": text(record, "categoriaItemPcaNome"),
        "class_code": text(record, "classificacaoSuperiorCodigo"),
        "class_name": text(record, "classificacaoSuperiorNome"),
        "catalog_code": text(record, "codigoItem"),
        "unit": text(record, "unidadeFornecimento"),
        "requested_by": text(record, "unidadeRequisitante"),
        "quantity": amount(record, "quantidadeEstimada"),
        "unit_value": amount(record, "valorUnitario"),
        "total": amount(record, "valorTotal"),
        "budget_of_year": amount(record, "valorOrcamentoExercicio"),
        "wanted_on": day(record, "dataDesejada"),
        "raw": stored(record),
    }
