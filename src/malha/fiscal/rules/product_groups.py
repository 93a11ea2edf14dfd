"""Products that the layout describes in a group of their own: fuels and new vehicles, known by their NCM."""

from __future__ import annotations

import re

from malha.fiscal.documents import Item, Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFE, NFE_NFCE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, LAYOUT_3_10, MOC_4_01

_NORMAL = frozenset({"1"})
_FUELS = frozenset(
    {"27101251", "27101259", "27101911", "27101921", "27101922", "27111100", "27111910", "27112100", "38260000"}
)  # fmt: skip
"""Gasoline, jet fuel, diesel, fuel oil, gas, biodiesel: codes without solvents, lubricants or alcohol of other uses."""
_SALES = frozenset(
    {"101", "102", "103", "104", "105", "106", "107", "108", "109", "110", "118", "119", "120", "401", "403", "404",
     "405"}
)  # fmt: skip
_OWN_PRODUCTION = frozenset({"101", "103", "105", "401"})
_VEHICLES = re.compile(r"87012|870[23]|8704[2-6]|8711[1-5]")
_NOT_REGISTERED = ("870310",)
"""Golf carts and the like carry no number plate."""
_USED = re.compile(r"\busad[oa]|semi-?nov|\bplaca\b|\bkm\b|\brenavam", re.IGNORECASE)
_REDUCTION_OF_USED = 50


@rule(
    "NF-PRD-014", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, purposes=_NORMAL,
    valid_from=LAYOUT_3_10, reference="MOC, LA01 (comb); Convênio s/nº de 1970, Anexo II (CFOP 5651 a 5667)",
    pt="A NCM é de combustível, e o item não traz o grupo de combustível nem CFOP de combustível.",
    en="The NCM is of a fuel, and the item has neither the fuel group nor a CFOP of fuels.",
)  # fmt: skip
def fuel_is_sold_as_fuel(note: Note, item: Item) -> Breach | None:
    if item.ncm not in _FUELS or note.direction != "1" or "comb" in item.prod:
        return None
    if (item.cfop or "")[1:] not in _SALES:
        return None
    return Breach(item.prod, "comb", formula=f"NCM {item.ncm}, CFOP {item.cfop}")


@rule(
    "NF-PRD-016", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE_NFCE, valid_from=BY_LAYOUT_4_00,
    reference="Rejeição 380 (LA15-10)",
    pt="O encerrante final da bomba não é maior do que o inicial.",
    en="The pump's final reading is not above the first one.",
)  # fmt: skip
def pump_readings_rise(_: Note, item: Item) -> Breach | None:
    if "comb" not in item.prod:
        return None
    pump = item.prod.group("comb").group("encerrante")
    first, last = pump.amount("vEncIni"), pump.amount("vEncFin")
    if first is None or last is None or last > first:
        return None
    return Breach(pump, "vEncFin", last, formula=f"vEncIni {first}")


@rule(
    "NF-VEI-001", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, purposes=_NORMAL,
    valid_from=MOC_4_01, reference="MOC, J01 (veicProd)",
    pt="Veículo sem o grupo de veículo novo: chassi, cor, ano e modelo.",
    en="A vehicle without the group of new vehicles: chassis, colour, year and model.",
)  # fmt: skip
def new_vehicle_is_described(note: Note, item: Item) -> Breach | None:
    """Low for resale, where only words could tell a used vehicle from a new one."""
    code, cfop = item.ncm or "", (item.cfop or "")[1:]
    if "veicProd" in item.prod or not _VEHICLES.match(code) or code.startswith(_NOT_REGISTERED):
        return None
    if note.direction != "1" or cfop not in _SALES or _looks_used(item):
        return None
    severity = None if cfop in _OWN_PRODUCTION else Severity.LOW
    return Breach(item.prod, "veicProd", formula=f"NCM {code}, CFOP {item.cfop}", severity=severity)


def _looks_used(item: Item) -> bool:
    reduction = item.icms.amount("pRedBC")
    if item.prod.text("indBemMovelUsado") == "1" or (reduction is not None and reduction > _REDUCTION_OF_USED):
        return True
    return bool(_USED.search(f"{item.name} {item.group.text('infAdProd') or ''}"))


@rule(
    "NF-VEI-002", severity=Severity.MEDIUM, scope=Scope.ITEM, models=NFE, valid_from=MOC_4_01,
    reference="MOC, J16 e J17 (anoMod, anoFab); Resolução Contran 561/80",
    pt="O ano do modelo do veículo não combina com o de fabricação.",
    en="The vehicle's model year does not fit its year of manufacture.",
)  # fmt: skip
def vehicle_years_fit(note: Note, item: Item) -> Breach | None:
    """The model year is that of manufacture or the next one."""
    if "veicProd" not in item.prod:
        return None
    vehicle = item.prod.group("veicProd")
    model, made = vehicle.text("anoMod") or "", vehicle.text("anoFab") or ""
    if not (re.fullmatch("[0-9]{4}", model, re.ASCII) and re.fullmatch("[0-9]{4}", made, re.ASCII)):
        return None
    if int(model) - int(made) in {0, 1}:
        return None
    return Breach(vehicle, "anoMod", model, f"{made} ou {int(made) + 1}", f"anoFab {made}")
