"""Annexes of LC 214/2025 that reduce IBS and CBS: which NCM codes their products have.

Headings and codes as the annexes name them, in the law's text with the changes of LC 227/2026. What an annex asks for
besides (iodine in salt, sugar in juice, a buyer) no code tells, so a code that an annex names proves nothing; one that
it does not name cannot be of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Annex:
    """``names`` and ``leaves_out`` are beginnings of NCM codes.

    ``is_closed``: only a law can add to it; to the others a joint act may, every 120 days (art. 131, 132, 144 and 145).
    """

    number: str
    goods: str
    names: tuple[str, ...]
    leaves_out: tuple[str, ...] = ()
    is_closed: bool = True

    def covers(self, ncm: str) -> bool:
        """Whether goods of this NCM of eight digits can be of the annex."""
        return ncm.startswith(self.names) and not (self.leaves_out and ncm.startswith(self.leaves_out))

    def may_cover(self, ncm: str) -> bool:
        """Whether a later act may have brought this NCM in: a neighbour of what the annex names, where acts can."""
        return self.covers(ncm) or (not self.is_closed and ncm[:2] in self._chapters)

    @cached_property
    def _chapters(self) -> frozenset[str]:
        return frozenset(name[:2] for name in self.names)


def _annex(number: str, goods: str, names: str, leaves_out: str = "", *, is_closed: bool = True) -> Annex:
    return Annex(number, goods, tuple(names.split()), tuple(leaves_out.split()), is_closed)


_I = _annex(
    "I", "alimentos da cesta básica",
    "100620 100630 10064000 04011010 04011090 04012010 04012090 04014010 04015010 04021010 04021090 04022110 04022120 "
    "04022910 04022920 19011010 19011090 21069090 04051000 15171000 07133319 07133329 07133399 07133590 0901 21011 "
    "15132120 11062000 19030000 11022000 11031300 11041900 11042300 11010010 17011400 17019900 19021 19059090 19012010 "
    "19012090 11041200 11042200 11029000 0201 0202 02061000 02062 02102000 0203 02063000 02064 020910 02101 0204 "
    "02109920 02109990 02068000 02069000 0207 02099000 0210991 0302 0303 0304 04061010 04061090 04062000 04069010 "
    "04069020 04069030 25010020 25010090 0903 19019090",
    "02074300 02075300 03021 03023 03025100 03025200 03025300 03029 03031 03034 03036300 03036400 03036500 03039",
)  # fmt: skip
"""Of heading 0304 only some species are left out, which no code tells alone."""
_VII = _annex(
    "VII", "alimentos",
    "03061 03063 03073100 03073200 03074200 030743 03075100 03075200 03079100 03079200 04032000 04039000 22029900 "
    "04090000 110100 1102 1105 1106 1208 11031100 11031900 11041 11042 11081200 150790 1508 1511 1512 1513 1514 1515 "
    "19022000 19023000 2009 2008 19059010 20029000 07 08 10 12 2004 2005 20021000",
    "030611 03061500 03063100 03063400 03063910 0711 0812 0814",
)  # fmt: skip
_VIII = _annex("VIII", "higiene pessoal e limpeza", "34011190 33061000 96032100 48181000 38089419 34011900 96190000")
_XV = _annex(
    "XV", "produtos hortícolas, frutas e ovos",
    "04072 0701 0702 0703 0704 0705 0706 0707 0708 0709 0710 0803 0804 0805 0806 0807 0808 0809 0810 0811 06 0714 "
    "08011",
    "07095 07108000",
)  # fmt: skip
_IV = _annex(
    "IV", "dispositivos médicos",
    "28444390 3002122 30049099 30059090 3006 37011010 37011029 37021010 37021020 38210000 38221 38249989 391740 "
    "39269030 39269040 39269050 40141000 40151 84198110 84198999 84199040 84212911 84212990 84798912 84798999 90182010 "
    "901831 901832 90183 9018491 90184920 90185090 90189010 90189021 90189040 90189095 90189099 90211010 90211020 "
    "90212900 90215000 902190 90272012 90272021 90272029 902730 90275020 90275050 90275090 90278100 90278999 902790 "
    "940290",
    is_closed=False,
)  # fmt: skip
_V = _annex(
    "V", "dispositivos de acessibilidade",
    "66020000 84253110 84289090 84433222 84701000 84702900 84716053 84716090 84718000 84729099 85171 85437099 87082999 "
    "87089910 90172000 90251990 91021110 91021190 91029100 91031000 91051100",
    is_closed=False,
)  # fmt: skip
_VI = _annex(
    "VI", "composições para nutrição enteral e parenteral",
    "15131900 15132911 17023011 17025000 20021000 21069090 22029900 25010090 2811 2827 2833 2835 2836 2842 2905 2915 "
    "2918 2919 2922 2923 2925 2930 2933 2936 3002 3104 3505",
    is_closed=False,
)  # fmt: skip
_XII = _annex(
    "XII", "dispositivos médicos",
    "90181100 901812 90181300 90181980 901820 90189010 90189099 90192040 90211010 90211020 90213 90221200 902213 "
    "902214 902219 90222110 90222120 90222190 9025",
    is_closed=False,
)  # fmt: skip
_XIII = _annex(
    "XIII", "dispositivos de acessibilidade",
    "83024100 87131000 87139000 87142000 90214000 90219019 90219092",
    is_closed=False,
)  # fmt: skip
_BY_CLASS = {
    "200003": _I, "200004": _XII, "200005": _IV, "200007": _XIII, "200008": _V, "200011": _VI, "200014": _XV,
    "200030": _IV, "200031": _V, "200033": _VI, "200034": _VII, "200035": _VIII,
}  # fmt: skip
"""Annexes II, III, X and XI are of services, or of a buyer; IX names whole groups of inputs without any code."""


_OF_FOODS = (_I, _XV, _VII)


def that_names_food(ncm: str) -> Annex | None:
    """The first annex of foods that names this NCM: I and XV cut the rates to zero, VII by 60 %."""
    return next((annex for annex in _OF_FOODS if annex.covers(ncm)), None)


def is_of_foods(annex: Annex) -> bool:
    """Whether it is one of the annexes of foods, which share the chapters 02 to 25 among them."""
    return annex in _OF_FOODS


def of_class(code: str) -> Annex | None:
    """The annex whose goods alone a cClassTrib is for; None where it has none or one that is not told by codes."""
    return _BY_CLASS.get(code)
