"""Mistakes with the totals, freight, billing, payment and withholding."""

from __future__ import annotations

from decimal import Decimal

from tests.factories.mistaken_notes_making import cents, first_value, mistake

from malha.simulators.nfe import NoteBuilder


def full() -> NoteBuilder:
    """Goods with every cost, IPI, substitution and exempted ICMS."""
    note = NoteBuilder(961).with_items(4, "00", "10", "40-deson", "20").manufactured("10.00")
    return note.with_freight("50.00").with_insurance("5.00").with_discount("20.00").with_other_costs("7.00")


def sale() -> NoteBuilder:
    return NoteBuilder(962)


def with_fund() -> NoteBuilder:
    return NoteBuilder(963).from_state("RJ").with_items(2, "00", "10")


def difal() -> NoteBuilder:
    return NoteBuilder(964).with_items(2, "00").interstate("RJ").to_consumer()


def fuel() -> NoteBuilder:
    return NoteBuilder(965).with_items(2, "02", "61")


def services() -> NoteBuilder:
    return NoteBuilder(966).with_items(3, "00", "ISSQN")


def withheld() -> NoteBuilder:
    taxes = "<vRetPIS>6.50</vRetPIS><vRetCOFINS>30.00</vRetCOFINS><vRetCSLL>10.00</vRetCSLL>"
    bases = "<vBCIRRF>1000.00</vBCIRRF><vIRRF>15.00</vIRRF><vBCRetPrev>500.00</vBCRetPrev><vRetPrev>55.00</vRetPrev>"
    return services().add("total", f"<retTrib>{taxes}{bases}</retTrib>")


def cash() -> NoteBuilder:
    return NoteBuilder(967).paid("01")


def with_change() -> NoteBuilder:
    return NoteBuilder(968).paid("01", "03", change="5.00")


def card() -> NoteBuilder:
    return NoteBuilder(969, model="65").paid("03")


def pix() -> NoteBuilder:
    return NoteBuilder(970, model="65").paid("17")


def instalments() -> NoteBuilder:
    return NoteBuilder(971).in_instalments(3)


def delivered() -> NoteBuilder:
    return NoteBuilder(972).with_freight("80.00")


_T = "total/ICMSTot"
_LAST = cents(sum((line.operation_value for line in sale().plan().lines[:-1]), Decimal(0)))
_ALL = cents(sum((line.operation_value for line in sale().plan().lines), Decimal(0)))
_SWAPPED = _ALL[1] + _ALL[0] + _ALL[2:]

TOTALS = (
    mistake("last item forgotten in the products", "NF-TOT-007", sale, f"{_T}/vProd={_LAST}"),
    mistake("last item forgotten in the note's value", "NF-TOT-009", sale, f"{_T}/vNF={_LAST}"),
    mistake("digits of the note's value swapped", "NF-TOT-009", sale, f"{_T}/vNF={_SWAPPED}"),
    mistake("comma of the note's value shifted", "NF-TOT-009", sale, f"{_T}/vNF={cents(Decimal(_ALL) / 10)}"),
    mistake("item left outside the total", "NF-TOT-007", sale, "det[1]/prod/indTot=0"),
    mistake("total base", "NF-TOT-001", full, f"{_T}/vBC=100.00"),
    mistake("total ICMS", "NF-TOT-002", full, f"{_T}/vICMS=18.00"),
    mistake("total base of substitution", "NF-TOT-003", full, f"{_T}/vBCST=100.00"),
    mistake("total substitution", "NF-TOT-003", full, f"{_T}/vST=0.00"),
    mistake("total freight", "NF-TOT-004", full, f"{_T}/vFrete=5.00"),
    mistake("total insurance", "NF-TOT-004", full, f"{_T}/vSeg=50.00"),
    mistake("total discount forgotten", "NF-TOT-004", full, f"{_T}/vDesc=0.00"),
    mistake("total other costs", "NF-TOT-004", full, f"{_T}/vOutro=70.00"),
    mistake("total import tax of goods made here", "NF-TOT-005", full, f"{_T}/vII=7.00"),
    mistake("total IPI forgotten", "NF-TOT-005", full, f"{_T}/vIPI=0.00"),
    mistake("total PIS", "NF-TOT-006", full, f"{_T}/vPIS=1.65"),
    mistake("total COFINS", "NF-TOT-006", full, f"{_T}/vCOFINS=7.60"),
    mistake("total exempted ICMS", "NF-TOT-008", full, f"{_T}/vICMSDeson=0.00"),
    mistake("total poverty fund", "NF-TOT-008", with_fund, f"{_T}/vFCP=0.00"),
    mistake("total poverty fund retained", "NF-TOT-008", with_fund, f"{_T}/vFCPST=0.00"),
    mistake("total DIFAL", "NF-TOT-008", difal, f"{_T}/vICMSUFDest=0.00"),
    mistake("total single-phase ICMS", "NF-TOT-008", fuel, f"{_T}/vICMSMono=0.00"),
    mistake("total burden told to the consumer", "NF-TOT-010", difal, f"{_T}/vTotTrib=1.00"),
    mistake("total services", "NF-TOT-011", services, "total/ISSQNtot/vServ=1.00"),
    mistake("total ISSQN", "NF-TOT-011", services, "total/ISSQNtot/vISS=1.00"),
    mistake("services without a total of theirs", "NF-TOT-011", services, "-total/ISSQNtot"),
    mistake("total base of services", "NF-TOT-011", services, "total/ISSQNtot/vBC=1.00"),
)  # fmt: skip

WITHHOLDING = (
    mistake("income tax at another rate", "NF-RET-001", withheld, "total/retTrib/vIRRF=16.00"),
    mistake("social security at another rate", "NF-RET-001", withheld, "total/retTrib/vRetPrev=60.00"),
    mistake("PIS withheld", "NF-RET-001", withheld, "total/retTrib/vRetPIS=8.00"),
    mistake("CSLL withheld", "NF-RET-001", withheld, "total/retTrib/vRetCSLL=12.00"),
    mistake("COFINS withheld with its comma shifted", "NF-RET-001", withheld, "total/retTrib/vRetCOFINS=300.00"),
)  # fmt: skip

FREIGHT = (
    mistake("freight charged without transport", "NF-TRA-002 NF-TRA-001", delivered, "transp/modFrete=9"),
    mistake("freight charged without transport or carrier", "NF-TRA-002", delivered, "transp/modFrete=9",
            "-transp/transporta"),
    mistake("own transport by a stranger", "NF-TRA-001", delivered, "transp/modFrete=3"),
    mistake("gross weight below the net", "NF-TRA-003", delivered, "transp/vol/pesoB=1.150"),
)  # fmt: skip

BILLING = (
    mistake("net of the invoice", "NF-DUP-101", instalments, "cobr/fat/vLiq=1.00"),
    mistake("discount greater than the invoice", "NF-DUP-101", instalments, "cobr/fat/vDesc=99999999.00"),
    mistake("instalment mistyped", "NF-DUP-102", instalments, "cobr/dup[2]/vDup=1.00"),
    mistake("instalment forgotten", "NF-DUP-102", instalments, "-cobr/dup[3]"),
    mistake("instalment without its day", "NF-DUP-103", instalments, "-cobr/dup[2]/dVenc"),
    mistake("instalment due before the sale", "NF-DUP-103", instalments, "cobr/dup[1]/dVenc=2025-06-11"),
    mistake("instalments out of order", "NF-DUP-103", instalments, "cobr/dup[2]/dVenc=2026-05-20"),
    mistake("instalments numbered 1, 2, 3", "NF-DUP-103", instalments, "cobr/dup[3]/nDup=3"),
    mistake("invoice of another value than the note's", "NF-DUP-104 NF-DUP-101 NF-DUP-102", instalments,
            "cobr/fat/vOrig=10.00", "cobr/fat/vLiq=10.00"),
)  # fmt: skip

PAYMENT = (
    mistake("paid too little", "NF-PAY-001", cash, "pag/detPag/vPag=1.00"),
    mistake("paid with the comma shifted", "NF-PAY-002 NF-PAY-001", cash,
            f"pag/detPag/vPag={cents(first_value(cash()) * 100)}"),
    mistake("change forgotten", "NF-PAY-002", with_change, "-pag/vTroco"),
    mistake("change mistyped", "NF-PAY-002", with_change, "pag/vTroco=9.00"),
    mistake("no payment with a value", "NF-PAY-003", cash, "pag/detPag/tPag=90"),
    mistake("return that is paid", "NF-PAY-003", lambda: NoteBuilder(973).returning(sale().key), "pag/detPag/tPag=01"),
    mistake("card without its data", "NF-PAY-004", card, "-pag/detPag/card"),
    mistake("Pix without its data", "NF-PAY-004", pix, "-pag/detPag/card"),
    mistake("means of payment that does not exist", "NF-PAY-005", cash, "pag/detPag/tPag=77"),
    mistake("means of payment of earlier years", "NF-PAY-005", cash, "pag/detPag/tPag=14"),
    mistake("no payment beside instalments", "NF-PAY-006 NF-PAY-003", instalments,
            "pag/detPag/tPag=90", "pag/detPag/vPag=0.00"),
    mistake("other means without words", "NF-PAY-005", cash, "pag/detPag/tPag=99"),
    mistake("digit of the card company's CNPJ", "NF-ID-001", card, "pag/detPag/card/CNPJ=11222333000182"),
)  # fmt: skip

CASES = (*TOTALS, *WITHHOLDING, *FREIGHT, *BILLING, *PAYMENT)
SOUND = (full, sale, with_fund, difal, fuel, services, withheld, cash, with_change, card, pix, instalments, delivered)
