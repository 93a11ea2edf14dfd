"""Purchase orders and invoices as PDF, of invented firms, in the layouts that buyers get."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fpdf import FPDF

Rows = Sequence[Sequence[str]]


def paper(draw: Callable[[FPDF], None], **options: str) -> bytes:
    """A PDF of one font; what is drawn is drawn on its first page."""
    pdf = FPDF(unit="pt", format="A4", **options)  # type: ignore[arg-type] - orientation
    pdf.set_auto_page_break(auto=False)
    pdf.add_page()
    pdf.set_font("Helvetica", size=8)
    draw(pdf)
    return bytes(pdf.output())


def write_table(pdf: FPDF, top: float, lefts: Sequence[float], rows: Rows, *, step: float = 10) -> float:
    """Rows of cells at fixed places, as high as their lines. Returns where the next one goes."""
    for row in rows:
        height = max(cell.count("\n") + 1 for cell in row)
        for left, cell in zip(lefts, row, strict=True):
            for number, text in enumerate(cell.split("\n")):
                pdf.text(left, top + number * step, text)
        top += height * step + 6
    return top


def distributor_invoice(rows: Rows, *, pages: int = 1) -> bytes:
    """Seven columns with titles in two languages; number, maker, description and codes share one cell."""
    lefts = (20, 60, 330, 380, 430, 480, 540)
    titles = ("Nº da\nLine No.", "Part Number / Descrição\nPart Number / Description", "Quant.\nOrdered",
              "Quant.\nShipped", "Quant.\nPending", "Preço\nUnit Price", "Total\nExt Price")  # fmt: skip

    def draw(pdf: FPDF) -> None:
        share = -(-len(rows) // pages)
        for page in range(pages):
            if page:
                pdf.add_page()
            pdf.text(20, 30, "INVOICE 000123")
            pdf.text(20, 42, "Componentes do Norte Ltda, Rua das Flores 10")
            top = write_table(pdf, 70, lefts, [titles] if page == 0 else [])
            top = write_table(pdf, top, lefts, rows[page * share : (page + 1) * share])
            if page == pages - 1:
                pdf.text(430, top, "Total USD 1.234,56")

    return paper(draw)


def broker_invoice(blocks: Sequence[str]) -> bytes:
    """Item, quantity, unit and a block of labelled lines."""
    lefts = (20, 60, 110, 160, 480)
    titles = ("Item", "Qty", "Unit", "Description", "Amount")
    rows = [(str(number), "10", "EA", block, "12.00") for number, block in enumerate(blocks, start=1)]

    def draw(pdf: FPDF) -> None:
        pdf.text(20, 30, "COMMERCIAL INVOICE")
        write_table(pdf, 60, lefts, [titles, *rows])

    return paper(draw)


def purchase_order(lines: Sequence[tuple[str, str]]) -> bytes:
    """Line, item code, description, plant, day, quantity."""
    lefts = (20, 60, 130, 400, 440, 500)
    titles = ("Line No.", "Codigo", "Descrição", "Depto", "Entrega", "Qtde")
    rows = [
        (f"{number:02}", code, text, "0101", "15/12/26", "100") for number, (code, text) in enumerate(lines, start=1)
    ]

    def draw(pdf: FPDF) -> None:
        pdf.text(20, 30, "PEDIDO DE COMPRA 4500012345")
        top = write_table(pdf, 60, lefts, [titles, *rows])
        pdf.text(20, top, "Total Amount 999,00")

    return paper(draw)


def any_table(titles: Sequence[str], rows: Rows, *, lefts: Sequence[float] | None = None) -> bytes:
    """A layout that nobody has shown."""

    def draw(pdf: FPDF) -> None:
        pdf.text(20, 30, "Quotation of an unknown house")
        write_table(pdf, 60, lefts or [20 + 90 * place for place in range(len(titles))], [titles, *rows])
        pdf.text(20, 800, "Payment: 30 days net")

    return paper(draw)
