"""A hostile note repeats an element ever so often: what that costs grows with the number, not with its square."""

from __future__ import annotations

import cProfile

import pytest
from tests.factories.nfe import NoteBuilder

from malha.fiscal import audit as auditing
from malha.fiscal.audit import audit_file

REPEATED = {
    "ide": "<NFref><refNFe>35260000000000000000550010000000011000000019</refNFe></NFref>",
    "cobr": "<dup><nDup>9</nDup><dVenc>2020-01-01</dVenc><vDup>1.00</vDup></dup>",
    "pag": "<detPag><tPag>77</tPag><vPag>1.00</vPag></detPag>",
    "transp": "<vol><qVol>0</qVol><pesoL>9.000</pesoL><pesoB>1.000</pesoB></vol>",
    "infAdic": '<obsCont xCampo="x"><xTexto>.</xTexto></obsCont>',
    "det[1]/prod": "<rastro><nLote>1</nLote><dFab>2030-01-01</dFab><dVal>2020-01-01</dVal></rastro>",
    "": "<autXML><CNPJ>1</CNPJ></autXML>",
}


def calls(place: str, element: str, count: int) -> int:
    """Of functions, while a note with so many of these elements is audited."""
    note = NoteBuilder(1).with_items(1).in_instalments(1)
    data = note.add(place, element * count).authorised()
    profile = cProfile.Profile()
    profile.runcall(audit_file, data, "a.xml")
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize(("place", "element"), REPEATED.items(), ids=list(REPEATED))
def test_twice_as_many_elements_cost_twice_as_much(place: str, element: str) -> None:
    calls(place, element, 1)  # whatever is loaded once
    none, some, twice = (calls(place, element, count) for count in (0, 200, 400))
    assert twice - some < 1.5 * (some - none)


def test_of_very_many_breaches_of_a_rule_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "MOST_TOLD", 3)
    data = NoteBuilder(1).with_items(1).add("ide", REPEATED["ide"] * 8).authorised()
    told = [finding for finding in audit_file(data, "a.xml").findings if finding.rule_id == "NF-REF-002"]
    assert [finding.message_pt.endswith("E mais 5 vezes.") for finding in told] == [False, False, True]
