"""A fixed price reference as PDF, as a workbook, and as the JSON that its digest is of."""

# pyright: basic
# (neither reportlab nor xlsxwriter ships types.)

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import orjson
import xlsxwriter

from malha.kit.spreadsheet import neutralize
from malha.procurement.rules.price_words import (
    FORMULAS,
    METHODS,
    RULES,
    explain_removal,
    explain_warning,
    show_amount,
    show_day,
)
from malha.procurement.schemas.prices import PriceReferenceRead

PRICE_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_MOST_TEXT = 400
_HEADINGS = (
    "Conta", "Data", "Órgão", "UF", "Fornecedor", "Quantidade", "Preço", "Fator", "Corrigido", "Motivo", "Fonte",
)  # fmt: skip
_WIDTHS = (30, 48, 150, 24, 125, 52, 58, 48, 58, 130, 62)

Document = Mapping[str, Any]


async def write_price_file(reference: PriceReferenceRead, form: str) -> bytes:
    """The whole file, made on a thread."""
    return await asyncio.to_thread(_WRITERS[form], reference)


def _write_json(reference: PriceReferenceRead) -> bytes:
    return orjson.dumps(reference.document, option=orjson.OPT_SORT_KEYS)


def _facts(reference: PriceReferenceRead) -> list[tuple[str, str]]:
    """What art. 3 wants to read at the head of the document."""
    document = reference.document
    index = document["index"]
    facts = [
        ("Objeto", document["title"]),
        ("Responsável pela pesquisa", f"{document['created_by']['email']} ({document['created_by']['id']})"),
        ("Fixada em", document["created_at"]),
        ("Fonte", "Contratações similares da Administração Pública publicadas no PNCP (art. 5º, II)"),
        ("Dados do PNCP até", document["data_as_of"] or "-"),
        ("Período dos preços", f"{show_day(document['first'])} a {show_day(document['last'])}"),
        ("Método", METHODS.get(document["method"], document["method"])),
        ("Valores desconsiderados por", ", ".join(RULES[rule] for rule in document["outliers"]) or "nenhuma regra"),
        ("Justificativa da metodologia", document["justification"]),
        ("Valor total", f"R$ {show_amount(document['total'])}"),
        ("SHA-256 do documento", reference.digest),
    ]
    if index:
        facts.insert(8, ("Correção", f"{index['name']} até {index['until'][:7]} ({'; '.join(index['sources'])})"))
    return facts


def _notes(document: Document) -> list[str]:
    notes = [FORMULAS[rule] for rule in document["outliers"]]
    if document["index"]:
        notes.append(FORMULAS["correction"].format(until=document["index"]["until"][:7]))
        rates = ", ".join(f"{month}: {show_amount(rate)} %" for month, rate in document["index"]["rates"].items())
        notes.append(f"Taxas usadas: {rates or 'nenhuma'}.")
    return notes + [explain_warning(warning) for warning in document["warnings"]]


def _subject(item: Document) -> str:
    coded = [("CATMAT/CATSER", item["catalog_code"]), ("NCM", item["ncm_code"]), ("texto", item["text"])]
    return "; ".join(f"{name} {value}" for name, value in coded if value)


def _summary(item: Document) -> list[str]:
    figures = item["figures"]
    lines = [f"{_subject(item)}; unidade {item['unit']['text']} ({item['unit']['name']})"]
    lines += [
        f"Limites por {RULES[limit['rule']]}: {show_amount(limit['low'])} a {show_amount(limit['high'])}"
        for limit in item["limits"]
    ]
    if figures:
        lines.append(
            f"{figures['count']} preços válidos: média {show_amount(figures['mean'])}, mediana "
            f"{show_amount(figures['median'])}, menor {show_amount(figures['lowest'])}, maior "
            f"{show_amount(figures['highest'])}, desvio padrão {show_amount(figures['deviation'])}, coeficiente de "
            f"variação {show_amount(figures['variation_percent'])} %"
        )
    left = ", ".join(f"{entry['unit'] or 'sem unidade'}: {entry['prices']}" for entry in item["other_units"])
    if left:
        lines.append(f"Em outras unidades, fora do cálculo: {left}")
    method = METHODS.get(item["method"], item["method"])
    lines.append(
        f"Referência ({method}): R$ {show_amount(item['value'])} × {show_amount(item['quantity'])} = "
        f"R$ {show_amount(item['total'])}"
    )
    return lines


def _write_pdf(reference: PriceReferenceRead) -> bytes:
    # A process that makes no documents does not load the library, its fonts and its images.
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    styles = getSampleStyleSheet()
    small = styles["BodyText"].clone("small", fontSize=7, leading=8.4)
    grid = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke), ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ]
    )  # fmt: skip
    document = reference.document

    def text(value: object, style: Any = small) -> Any:
        return Paragraph(escape(_printable(str(value))), style)

    def row(price: Document) -> list[Any]:
        link = f'<link href="{escape(price["link"])}" color="blue">{escape(price["key"])}</link>'
        cells = (
            "sim" if price["is_kept"] else "não", show_day(price["day"]), price["organ"] or price["organ_cnpj"],
            price["uf"] or "SEM UF", f"{price['supplier'] or ''} {price['supplier_id'] or ''}",
            show_amount(price["quantity"]), show_amount(price["value"]), show_amount(price["factor"]),
            show_amount(price["corrected"]), explain_removal(price),
        )  # fmt: skip
        return [*map(text, cells), Paragraph(link, small)]

    story: list[Any] = [text(f"Referência de preços nº {reference.number}", styles["Title"]), text(document["law"])]
    story.append(Table([[text(name), text(value)] for name, value in _facts(reference)], [150, 600], style=grid))
    for place, item in enumerate(document["items"], 1):
        story += [Spacer(1, 8), text(f"Item {place}: {item['description']}", styles["Heading3"])]
        story += [text(line) for line in _summary(item)]
        rows = [[text(heading) for heading in _HEADINGS], *map(row, item["prices"])]
        story.append(LongTable(rows, _WIDTHS, style=grid, repeatRows=1))
    story += [Spacer(1, 8), text("Memória de cálculo e avisos", styles["Heading3"])]
    story += [text(note) for note in _notes(document)]
    target = io.BytesIO()
    margins = {"leftMargin": 25, "rightMargin": 25, "topMargin": 25, "bottomMargin": 25}
    title = f"Referência de preços nº {reference.number}"
    # Made again, the file is the same: no date of its own, no random identifier.
    SimpleDocTemplate(target, pagesize=landscape(A4), title=title, author="Malha", invariant=1, **margins).build(story)
    return target.getvalue()


def _printable(text: str) -> str:
    """What the PDF's built-in fonts can show; the rest is a question mark, and whole in the workbook."""
    shortened = text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"
    return shortened.encode("cp1252", "replace").decode("cp1252")


def _write_xlsx(reference: PriceReferenceRead) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"title": f"Referência de preços nº {reference.number}"})
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.0000"})
    head = book.add_worksheet("Referência")
    head.set_column(0, 0, 32)
    head.set_column(1, 1, 100)
    for line, (name, value) in enumerate([("Número", str(reference.number)), *_facts(reference)]):
        head.write_string(line, 0, name, bold)
        head.write_string(line, 1, neutralize(value))
    document = reference.document
    line = len(_facts(reference)) + 2
    for place, item in enumerate(document["items"], 1):
        for told in (f"Item {place}: {item['description']}", *_summary(item)):
            head.write_string(line, 1, neutralize(told))
            line += 1
    for note in _notes(document):
        head.write_string(line, 1, neutralize(note))
        line += 1
    _write_prices(book.add_worksheet("Preços"), document, bold, money)
    book.close()
    return target.getvalue()


_COLUMNS: tuple[tuple[str, Callable[[Document], Any]], ...] = (
    ("Conta no cálculo", lambda price: "sim" if price["is_kept"] else "não"),
    ("Motivo", explain_removal),
    ("Data", lambda price: show_day(price["day"])),
    ("Preço", lambda price: Decimal(price["value"])),
    ("Fator", lambda price: Decimal(price["factor"]) if price["factor"] else None),
    ("Corrigido", lambda price: Decimal(price["corrected"])),
    ("Quantidade", lambda price: Decimal(price["quantity"]) if price["quantity"] else None),
    ("Unidade", lambda price: price["unit"]),
    ("Descrição", lambda price: price["description"]),
    ("Órgão", lambda price: price["organ"]),
    ("CNPJ do órgão", lambda price: price["organ_cnpj"]),
    ("Município", lambda price: price["city"]),
    ("UF", lambda price: price["uf"] or "SEM UF"),
    ("Modalidade", lambda price: price["modality"]),
    ("Fornecedor", lambda price: price["supplier"]),
    ("CNPJ ou CPF", lambda price: price["supplier_id"]),
    ("Contratação", lambda price: price["control_number"]),
    ("Item", lambda price: Decimal(price["item"])),
    ("Fonte", lambda price: price["link"]),
)


def _write_prices(sheet: Any, document: Document, bold: Any, money: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(["Item da cesta", *(heading for heading, _ in _COLUMNS)]):
        sheet.write_string(0, place, heading, bold)
        sheet.set_column(place, place, 18)
    line = 1
    for number, item in enumerate(document["items"], 1):
        for price in item["prices"]:
            sheet.write_number(line, 0, number)
            for place, (_, read) in enumerate(_COLUMNS, 1):
                value = read(price)
                if isinstance(value, Decimal):
                    sheet.write_number(line, place, float(value), money)
                elif value:
                    sheet.write_string(line, place, neutralize(str(value)))
            line += 1


_WRITERS: Mapping[str, Callable[[PriceReferenceRead], bytes]] = {
    "pdf": _write_pdf,
    "xlsx": _write_xlsx,
    "json": _write_json,
}
