"""Mistakes with the taxes of an item: ICMS, substitution, DIFAL, IPI, PIS, COFINS, ISSQN."""

from __future__ import annotations

from decimal import Decimal

from tests.factories.mistaken_notes_making import cents, edited, first_value, mistake

from malha.simulators.nfe import NoteBuilder

_I = "det[1]/imposto"
_ICMS = f"{_I}/ICMS/*"
_DIFAL = f"{_I}/ICMSUFDest"


def sale() -> NoteBuilder:
    """CST 00, 20, 60 and 40 inside São Paulo."""
    return NoteBuilder(941)


def taxed() -> NoteBuilder:
    return NoteBuilder(942).with_items(1, "00")


def with_costs() -> NoteBuilder:
    return NoteBuilder(943).with_items(1, "00").with_freight("40.00").with_discount("15.00").with_insurance("6.00")


def in_bahia() -> NoteBuilder:
    return NoteBuilder(944).from_state("BA").with_items(1, "00")


def in_rio() -> NoteBuilder:
    """CST 00 and 10, both with the poverty fund."""
    return NoteBuilder(945).from_state("RJ").with_items(2, "00", "10")


def to_bahia() -> NoteBuilder:
    return NoteBuilder(946).with_items(1, "00").interstate("BA")


def to_rio() -> NoteBuilder:
    return NoteBuilder(947).with_items(1, "00").interstate("RJ")


def deferred() -> NoteBuilder:
    return NoteBuilder(948).with_items(1, "51")


def exempted() -> NoteBuilder:
    return NoteBuilder(949).with_items(1, "40-deson")


def substituted() -> NoteBuilder:
    return NoteBuilder(950).with_items(2, "10")


def substituted_by_maker() -> NoteBuilder:
    return NoteBuilder(951).with_items(1, "10").manufactured("10.00")


def substituted_to_bahia() -> NoteBuilder:
    return NoteBuilder(952).with_items(1, "10").interstate("BA")


def retained_to_consumer() -> NoteBuilder:
    return NoteBuilder(953).from_state("RS").with_items(1, "60").to_consumer()


def difal() -> NoteBuilder:
    return NoteBuilder(954).with_items(1, "00").interstate("BA").to_consumer()


def made_here() -> NoteBuilder:
    return NoteBuilder(955).with_items(1, "00").manufactured("10.00")


def made_for_own_use() -> NoteBuilder:
    return made_here().to_final_use()


def simples() -> NoteBuilder:
    """CSOSN 102, 101 and 500."""
    return NoteBuilder(956).simples()


def service() -> NoteBuilder:
    return NoteBuilder(957).with_items(1, "ISSQN")


def at_rate(note: NoteBuilder, rate: str) -> NoteBuilder:
    """The only item taxed at another rate, its amount and the total following."""
    tax = cents(first_value(note) * Decimal(rate) / 100)
    return edited(note, f"{_ICMS}/pICMS={rate}", f"{_ICMS}/vICMS={tax}", f"total/ICMSTot/vICMS={tax}")


def on_base(note: NoteBuilder, base: Decimal) -> NoteBuilder:
    """The only item taxed on another base, its amount and the totals following."""
    tax = cents(base * Decimal("0.18"))
    return edited(note, f"{_ICMS}/vBC={cents(base)}", f"{_ICMS}/vICMS={tax}", f"total/ICMSTot/vBC={cents(base)}",
                  f"total/ICMSTot/vICMS={tax}")  # fmt: skip


def difal_at(rate: str) -> NoteBuilder:
    """DIFAL to Bahia at another internal rate, its amount and the total following."""
    note = difal()
    due = cents(first_value(note) * (Decimal(rate) - 7) / 100)
    return edited(
        note, f"{_DIFAL}/pICMSUFDest={rate}", f"{_DIFAL}/vICMSUFDest={due}", f"total/ICMSTot/vICMSUFDest={due}"
    )


def difal_on(base: Decimal) -> NoteBuilder:
    """DIFAL to Bahia (20.5 less 7 %) on another base, its amount and the total following."""
    due = cents(base * Decimal("0.135"))
    return edited(
        difal(), f"{_DIFAL}/vBCUFDest={base}", f"{_DIFAL}/vICMSUFDest={due}", f"total/ICMSTot/vICMSUFDest={due}"
    )


def ipi_on(note: NoteBuilder, part: Decimal) -> NoteBuilder:
    """IPI of 10 % on a part of the item's value."""
    base = first_value(note) * part
    return edited(note, f"{_I}/IPI/IPITrib/vBC={cents(base)}", f"{_I}/IPI/IPITrib/vIPI={cents(base / 10)}")


def substitution_at(note: NoteBuilder, rate: str) -> NoteBuilder:
    """Substitution at another internal rate, its amount and the total following; the base stays."""
    value, line = first_value(note), note.plan().lines[0]
    factor = Decimal("1.4") * (1 - Decimal("0.07")) / (1 - Decimal("0.205"))
    margin = ((factor - 1) * 100).quantize(Decimal("0.01"))
    base = Decimal(cents((value + line.ipi) * (1 + margin / 100)))
    due = cents(base * Decimal(rate) / 100 - Decimal(cents(value * Decimal("0.07"))))
    return edited(note, f"{_ICMS}/pICMSST={rate}", f"{_ICMS}/vICMSST={due}", f"total/ICMSTot/vST={due}")


_ICMS_RULES = "NF-ICMS-001 ICMS-CALC-01"
_RATES = "NF-DIFAL-003"

ICMS = (
    mistake("tax amount mistyped", _ICMS_RULES, sale, f"{_ICMS}/vICMS=0.50"),
    mistake("comma of the tax shifted", _ICMS_RULES, taxed,
            f"{_ICMS}/vICMS={cents(first_value(taxed()) * Decimal('1.8'))}"),
    mistake("tax of the rate of another state", _ICMS_RULES, taxed,
            f"{_ICMS}/vICMS={cents(first_value(taxed()) * Decimal('0.17'))}"),
    mistake("rate of a reduced item at 12 %, amount at 18 %", _ICMS_RULES, sale, "det[2]/imposto/ICMS/*/pICMS=12.00"),
    mistake("rate with its digits swapped", "NF-ICMS-009", lambda: at_rate(taxed(), "81.00")),
    mistake("rate with its comma shifted", "NF-ICMS-009", lambda: at_rate(taxed(), "1.80")),
    mistake("rate that the state had before", "NF-ICMS-009", lambda: at_rate(in_bahia(), "19.00")),
    mistake("taxed in full at zero", "NF-ICMS-008", lambda: at_rate(taxed(), "0.00")),
    mistake("interstate rate of 5 %", _RATES, lambda: at_rate(to_bahia(), "5.00")),
    mistake("interstate rate of 17 %", _RATES, lambda: at_rate(to_rio(), "17.00")),
    mistake("internal rate across states", _RATES, lambda: at_rate(to_bahia(), "18.00")),
    mistake("7 % where 12 % holds", _RATES, lambda: at_rate(to_rio(), "7.00")),
    mistake("12 % where 7 % holds", _RATES, lambda: at_rate(to_bahia(), "12.00")),
    mistake("rate of imports for national goods", _RATES, lambda: at_rate(to_rio(), "4.00")),
    mistake("freight left out of the base", "NF-ICMS-003",
            lambda: on_base(with_costs(), first_value(with_costs()) - 40)),
    mistake("discount left in the base", "NF-ICMS-003", lambda: on_base(with_costs(), first_value(with_costs()) + 15)),
    mistake("insurance left out of the base", "NF-ICMS-003",
            lambda: on_base(with_costs(), first_value(with_costs()) - 6)),
    mistake("base of another item", "NF-ICMS-003", lambda: on_base(taxed(), Decimal("12.34"))),
    mistake("base mistyped, tax right", _ICMS_RULES, taxed, f"{_ICMS}/vBC=12.34"),
    mistake("reduction told and not made", "NF-ICMS-003", sale, "det[2]/imposto/ICMS/*/pRedBC=50.00"),
    mistake("IPI left out of the final consumer's base", "NF-ICMS-003",
            lambda: on_base(made_for_own_use(), first_value(made_for_own_use()))),
    mistake("reduced code without a reduction", "NF-ICMS-010", sale, "det[2]/imposto/ICMS/*/pRedBC=0.00"),
    mistake("Free Zone exemption of a buyer who is not there", "NF-ICMS-011", exempted, f"{_ICMS}/motDesICMS=7"),
    mistake("deferral that does not add up", "NF-ICMS-002", deferred, f"{_ICMS}/vICMSDif=1.00"),
    mistake("deferred tax charged in full", "NF-ICMS-002", deferred,
            f"{_ICMS}/vICMS={cents(first_value(deferred()) * Decimal('0.18'))}"),
    mistake("exempted amount without its reason", "NF-ICMS-004", exempted, f"-{_ICMS}/motDesICMS"),
    mistake("reason without the exempted amount", "NF-ICMS-004", exempted, f"-{_ICMS}/vICMSDeson"),
    mistake("final consumer not told what was retained", "NF-ICMS-005", retained_to_consumer, f"-{_ICMS}/vBCSTRet",
            f"-{_ICMS}/pST", f"-{_ICMS}/vICMSSubstituto", f"-{_ICMS}/vICMSSTRet"),
    mistake("poverty fund of zero", "NF-FCP-001", in_rio, f"{_ICMS}/pFCP=0.00"),
    mistake("poverty fund of 20 %", "NF-FCP-001", in_rio, f"{_ICMS}/pFCP=20.00"),
    mistake("poverty fund amount", "NF-FCP-001", in_rio, f"{_ICMS}/vFCP=0.10"),
)  # fmt: skip

SUBSTITUTION = (
    mistake("base without the margin", "NF-ST-001", substituted, f"{_ICMS}/vBCST={cents(first_value(substituted()))}"),
    mistake("base without IPI", "NF-ST-001", substituted_by_maker,
            f"{_ICMS}/vBCST={cents(first_value(substituted_by_maker()) * Decimal('1.4'))}"),
    mistake("margin mistyped", "NF-ST-001", substituted, f"{_ICMS}/pMVAST=4.00"),
    mistake("own tax not deducted", "NF-ST-002", substituted,
            f"{_ICMS}/vICMSST={cents(first_value(substituted()) * Decimal('0.252'))}"),
    mistake("margin not adjusted across states", "NF-ST-003", substituted_to_bahia, f"{_ICMS}/pMVAST=10.00"),
    mistake("rate of the origin in the destination's tax", "NF-ST-002", substituted_to_bahia, f"{_ICMS}/pICMSST=18.00"),
    mistake("substitution at a rate with its digits swapped", "NF-ST-006",
            lambda: substitution_at(substituted_to_bahia(), "50.20")),
    mistake("substitution at the rate that Bahia had before", "NF-ST-006",
            lambda: substitution_at(substituted_to_bahia(), "19.00")),
    mistake("poverty fund retained", "NF-ST-004", in_rio, "det[2]/imposto/ICMS/*/vFCPST=0.05"),
)  # fmt: skip

DIFAL = (
    mistake("group forgotten", "NF-DIFAL-001", difal, f"-{_DIFAL}"),
    mistake("group charged to a taxpayer", "NF-DIFAL-001", difal, "dest/indIEDest=1", "dest/IE=121281645"),
    mistake("amount mistyped", "NF-DIFAL-002", difal, f"{_DIFAL}/vICMSUFDest=0.10"),
    mistake("split of 2018", "NF-DIFAL-002", difal, f"{_DIFAL}/pICMSInterPart=80.00"),
    mistake("part left with the origin", "NF-DIFAL-002 NF-TOT-008", difal, f"{_DIFAL}/vICMSUFRemet=3.00"),
    mistake("12 % from São Paulo to Bahia", "NF-DIFAL-003", difal, f"{_DIFAL}/pICMSInter=12.00"),
    mistake("Bahia's rate of 2023", "NF-DIFAL-004", lambda: difal_at("19.00")),
    mistake("Bahia's rate of 2022", "NF-DIFAL-004", lambda: difal_at("18.00")),
    mistake("rate of a neighbour", "NF-DIFAL-004", lambda: difal_at("20.00")),
    mistake("DIFAL rate with its digits swapped", "NF-DIFAL-004", lambda: difal_at("50.20")),
    mistake("base without the costs of the item", "NF-DIFAL-005", lambda: difal_on(Decimal("50.00"))),
    mistake("poverty fund", "NF-DIFAL-002", difal, f"{_DIFAL}/pFCPUFDest=2.00"),
)  # fmt: skip

IPI = (
    mistake("IPI amount", "NF-IPI-001", made_here, f"{_I}/IPI/IPITrib/vIPI=0.50"),
    mistake("IPI rate with its comma shifted", "NF-IPI-001", made_here, f"{_I}/IPI/IPITrib/pIPI=1.00"),
    mistake("base of half the value", "NF-IPI-004", lambda: ipi_on(made_here(), Decimal("0.5"))),
    mistake("base with its comma shifted", "NF-IPI-004", lambda: ipi_on(made_here(), Decimal("0.1"))),
    mistake("code of entries in an exit", "NF-IPI-002", made_here, f"{_I}/IPI/IPITrib/CST=00"),
    mistake("IPI given back in a sale", "NF-IPI-003", sale,
            "+det[1] <impostoDevol><pDevol>10.00</pDevol><IPI><vIPIDevol>5.00</vIPIDevol></IPI></impostoDevol>"),
)  # fmt: skip

CONTRIBUTIONS = (
    mistake("PIS amount", "NF-PIS-001", sale, f"{_I}/PIS/PISAliq/vPIS=0.10"),
    mistake("COFINS amount", "NF-COF-001", sale, f"{_I}/COFINS/COFINSAliq/vCOFINS=0.10"),
    mistake("rate of the other regime for one of them", "NF-PIS-002 NF-PIS-001", sale, f"{_I}/PIS/PISAliq/pPIS=0.65"),
    mistake("COFINS rate with digits swapped", "NF-PIS-002 NF-COF-001", sale, f"{_I}/COFINS/COFINSAliq/pCOFINS=6.70"),
    mistake("codes that differ", "NF-PIS-003", sale, f"{_I}/COFINS/COFINSAliq/CST=02"),
    mistake("bases that differ", "NF-PIS-003", sale, f"{_I}/COFINS/COFINSAliq/vBC=10.00",
            f"{_I}/COFINS/COFINSAliq/vCOFINS=0.76"),
    mistake("PIS and COFINS base of another item", "NF-PIS-005", sale,
            f"{_I}/PIS/*/vBC=100.00", f"{_I}/PIS/*/vPIS=1.65", f"{_I}/COFINS/*/vBC=100.00",
            f"{_I}/COFINS/*/vCOFINS=7.60"),
    mistake("base without the costs taken twice", "NF-PIS-005", with_costs,
            *(f"{_I}/{tax}/*/vBC={cents(first_value(with_costs()) - 80)}" for tax in ("PIS", "COFINS"))),
    mistake("code of a purchase with credit", "NF-PIS-006", sale, f"{_I}/PIS/PISAliq/CST=50",
            f"{_I}/COFINS/COFINSAliq/CST=50"),
    mistake("PIS left out", "NF-PIS-007", sale, f"-{_I}/PIS"),
    mistake("COFINS left out", "NF-PIS-007", sale, f"-{_I}/COFINS"),
    mistake("Simples with taxed PIS", "NF-PIS-002", simples, f"-{_I}/PIS", f"+{_I} <PIS><PISAliq><CST>01</CST>"
            "<vBC>100.00</vBC><pPIS>0.65</pPIS><vPIS>0.65</vPIS></PISAliq></PIS>"),
)  # fmt: skip

SERVICES = (
    mistake("rate above 5 %", "NF-ISS-001", service, f"{_I}/ISSQN/vAliq=15.00"),
    mistake("ISSQN amount", "NF-ISS-001", service, f"{_I}/ISSQN/vISSQN=0.50"),
    mistake("issuer without city registration", "NF-ISS-002", service, "-emit/IM"),
    mistake("service that the list has not", "NF-ISS-002 NF-STR-002", service, f"{_I}/ISSQN/cListServ=14.99"),
    mistake("city of the service that does not exist", "NF-ISS-002", service, f"{_I}/ISSQN/cMunFG=3550380"),
)  # fmt: skip

REGIMES = (
    mistake("Simples issuer with CST", "NF-CRT-001", sale, "emit/CRT=1"),
    mistake("normal issuer with CSOSN", "NF-CRT-001", simples, "emit/CRT=3"),
    mistake("credit given to a consumer", "NF-CRT-002",
            lambda: NoteBuilder(958).simples().with_items(1, "101").to_consumer()),
    mistake("credit above what the Simples has", "NF-CRT-003", simples, "det[2]/imposto/ICMS/*/pCredSN=18.00"),
    mistake("credit that does not add up", "NF-CRT-003", simples, "det[2]/imposto/ICMS/*/vCredICMSSN=0.01"),
)  # fmt: skip

CASES = (*ICMS, *SUBSTITUTION, *DIFAL, *IPI, *CONTRIBUTIONS, *SERVICES, *REGIMES)
SOUND = (
    sale, taxed, with_costs, in_bahia, in_rio, to_bahia, to_rio, deferred, exempted, substituted, substituted_by_maker,
    substituted_to_bahia, retained_to_consumer, difal, made_here, made_for_own_use, simples, service,
)  # fmt: skip
