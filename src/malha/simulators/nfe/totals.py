"""The total, cobr and pag groups that fit a list of computed items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from malha.simulators.nfe.amounts import ZERO, apportion, cents, total
from malha.simulators.nfe.lines import Line
from malha.simulators.nfe.xml import Fields

_CARDS = frozenset({"03", "04"})
_ELECTRONIC = _CARDS | {"17", "18", "20"}


@dataclass(frozen=True)
class Taxed:
    """A line with its imposto group."""

    line: Line
    imposto: Fields

    @property
    def icms(self) -> Fields:
        """The fields of the ICMS group; empty for a service."""
        return next(iter(self.imposto.get("ICMS", {}).values()), {})

    @property
    def contribution(self) -> Decimal:
        """What the item adds to vNF (W16-10)."""
        line, icms = self.line, self.icms
        deducted = icms.get("vICMSDeson", ZERO) if icms.get("indDeduzDeson") == "1" else ZERO
        return line.operation_value + line.ipi + total(icms.get(name) for name in ("vICMSST", "vFCPST")) - deducted

    def child(self, tag: str) -> Fields:
        """The innermost fields of PIS, COFINS, ICMSUFDest or gIBSCBS; empty when absent."""
        if tag == "gIBSCBS":
            return (self.imposto.get("IBSCBS") or {}).get("gIBSCBS", {})
        group: Fields = self.imposto.get(tag) or {}
        return next(iter(group.values())) if tag in {"PIS", "COFINS"} else group


def note_value(items: Iterable[Taxed]) -> Decimal:
    return total(item.contribution for item in items)


def icms_total(items: Sequence[Taxed], *, old_layout: bool) -> Fields:
    """ICMSTot; the 3.10 layout has no FCP and no returned IPI in it."""
    value = note_value(items)
    items = [item for item in items if not item.line.is_service]

    def icms(name: str) -> Decimal:
        return total(item.icms.get(name) for item in items)

    def single_phase(name: str) -> Decimal | None:
        return cents(icms(name)) if any(name in item.icms for item in items) else None

    def difal(name: str) -> Decimal:
        return total(item.child("ICMSUFDest").get(name) for item in items)

    has_difal = any(item.child("ICMSUFDest") for item in items)
    modern = None if old_layout else ZERO
    burden = total(item.imposto.get("vTotTrib") for item in items)
    return {
        "vBC": icms("vBC"),
        "vICMS": icms("vICMS"),
        "vICMSDeson": icms("vICMSDeson"),
        "vFCPUFDest": difal("vFCPUFDest") if has_difal else None,
        "vICMSUFDest": difal("vICMSUFDest") if has_difal else None,
        "vICMSUFRemet": difal("vICMSUFRemet") if has_difal else None,
        "vFCP": None if old_layout else icms("vFCP"),
        "vBCST": icms("vBCST"),
        "vST": icms("vICMSST"),
        "vFCPST": None if old_layout else icms("vFCPST"),
        "vFCPSTRet": modern,
        "qBCMono": single_phase("qBCMono"),
        "vICMSMono": single_phase("vICMSMono"),
        "qBCMonoRet": single_phase("qBCMonoRet"),
        "vICMSMonoRet": single_phase("vICMSMonoRet"),
        "vProd": total(item.line.value for item in items),
        "vFrete": total(item.line.freight for item in items),
        "vSeg": total(item.line.insurance for item in items),
        "vDesc": total(item.line.discount for item in items),
        "vII": ZERO,
        "vIPI": total(item.line.ipi for item in items),
        "vIPIDevol": modern,
        "vPIS": total(item.child("PIS").get("vPIS") for item in items),
        "vCOFINS": total(item.child("COFINS").get("vCOFINS") for item in items),
        "vOutro": total(item.line.other for item in items),
        "vNF": value,
        "vTotTrib": burden or None,
    }


def service_total(items: Sequence[Taxed], day: date) -> Fields | None:
    """ISSQNtot, or None when nothing is a service."""
    services = [item for item in items if item.line.is_service]
    if not services:
        return None
    return {
        "vServ": total(item.line.value for item in services),
        "vBC": total(item.imposto["ISSQN"]["vBC"] for item in services),
        "vISS": total(item.imposto["ISSQN"]["vISSQN"] for item in services),
        "vPIS": total(item.child("PIS").get("vPIS") for item in services),
        "vCOFINS": total(item.child("COFINS").get("vCOFINS") for item in services),
        "dCompet": day.isoformat(),
    }


def reform_total(items: Sequence[Taxed]) -> Fields | None:
    """IBSCBSTot, or None when no item has the group."""
    groups = [group for item in items if (group := item.child("gIBSCBS"))]
    if not groups:
        return None
    untouched: Fields = {"vDif": ZERO, "vDevTrib": ZERO}
    credit: Fields = {"vCredPres": ZERO, "vCredPresCondSus": ZERO}
    return {
        "vBCIBSCBS": total(group["vBC"] for group in groups),
        "gIBS": {
            "gIBSUF": {**untouched, "vIBSUF": total(group["gIBSUF"]["vIBSUF"] for group in groups)},
            "gIBSMun": {**untouched, "vIBSMun": total(group["gIBSMun"]["vIBSMun"] for group in groups)},
            "vIBS": total(group["vIBS"] for group in groups),
            **credit,
        },
        "gCBS": {**untouched, "vCBS": total(group["gCBS"]["vCBS"] for group in groups), **credit},
    }


def billing(number: int, value: Decimal, first: date, count: int) -> Fields:
    """cobr with ``count`` monthly instalments, the first 30 days after ``first``."""
    parts = apportion(value, [Decimal(1)] * count)
    return {
        "fat": {"nFat": str(number), "vOrig": value, "vDesc": ZERO, "vLiq": value},
        "dup": [
            {"nDup": f"{position:03}", "dVenc": (first + timedelta(days=30 * position)).isoformat(), "vDup": part}
            for position, part in enumerate(parts, start=1)
        ],
    }


def payment(codes: Sequence[str], value: Decimal, change: Decimal, *, later: bool) -> Fields:
    """pag with ``value`` split evenly over ``codes``, the first one overpaid by ``change``."""
    parts = apportion(value, [Decimal(1)] * len(codes))
    parts[0] += change
    details = [_detail(code, part, later=later) for code, part in zip(codes, parts, strict=True)]
    return {"detPag": details, "vTroco": change or None}


def _detail(code: str, value: Decimal, *, later: bool) -> Fields:
    without = code == "90"
    card: Fields | None = None
    if code in _ELECTRONIC:
        card = {"tpIntegra": "2", "tBand": "01" if code in _CARDS else None, "cAut": "EXEMPLO0001"}
    return {
        "indPag": None if without else str(int(later)),
        "tPag": code,
        "xPag": "Permuta de exemplo" if code == "99" else None,
        "vPag": ZERO if without else value,
        "card": card,
    }
