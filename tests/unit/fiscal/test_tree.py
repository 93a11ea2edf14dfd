"""Groups: lookups by local name, numbers, paths."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from malha.fiscal.tree import ABSENT, Group, IllegibleAmountError, parse_amount

XML = b"""<infNFe xmlns="urn:x" Id="NFe1"><ide><serie>1</serie><vazio/></ide>
<det nItem="1"><prod><vProd>10.50</vProd></prod></det><det nItem="2"><prod><vProd>abc</vProd></prod></det>
<obs><c xCampo="a">texto</c><c xCampo="b">outro</c></obs></infNFe>"""


@pytest.fixture
def info() -> Group:
    return Group.of(etree.fromstring(XML))


def test_an_absent_group_is_falsy_and_chains(info: Group) -> None:
    assert not info.group("dest")
    assert info.group("dest").group("enderDest").text("UF") is None
    assert info.group("dest") is ABSENT
    assert info.group("ide").only() is ABSENT


def test_texts_are_as_in_the_file(info: Group) -> None:
    assert info.group("ide").text("serie") == "1"
    assert info.group("ide").text("vazio") == ""
    assert "vazio" in info.group("ide")
    assert info.text("ide") is None


def test_groups_lists_one_or_many(info: Group) -> None:
    assert [det.attr("nItem") for det in info.groups("det")] == ["1", "2"]
    assert len(info.groups("ide")) == 1
    assert info.groups("nothing") == []


def test_repeated_leaves_are_all_there(info: Group) -> None:
    assert info.group("obs").texts("c") == ["texto", "outro"]
    assert info.group("obs").text("c") == "texto"
    assert info.group("obs").groups("c") == []


def test_the_walk_returns_to_the_right_parent_after_deep_groups() -> None:
    root = Group.of(etree.fromstring(b"<a><b><c><d>1</d></c></b><e><f><g>2</g></f></e><h>3</h><b><i>4</i></b></a>"))
    assert root.tags() == ["b", "e", "h"]
    assert root.text("h") == "3"
    assert root.group("e").group("f").text("g") == "2"
    assert [group.tags() for group in root.groups("b")] == [["c"], ["i"]]
    assert root.groups("b")[1].xpath("i") == "/a/b[2]/i"


def test_a_root_without_children_is_an_empty_group() -> None:
    root = Group.of(etree.fromstring(b'<a x="1">text</a>'))
    assert root.tags() == []
    assert root.attr("x") == "1"


def test_amounts_are_decimals_or_none(info: Group) -> None:
    first, second = (det.group("prod") for det in info.groups("det"))
    assert first.amount("vProd") == Decimal("10.50")
    assert second.amount("vProd") is None
    with pytest.raises(IllegibleAmountError, match="vProd"):
        second.amount_or_zero("vProd")
    assert second.amount_or_zero("vFrete") == Decimal(0)


@pytest.mark.parametrize("text", ["1e5", "NaN", "Infinity", "1_000", " 1", "1,50", "", "+1", "٣", "1.", "9" * 21])
def test_only_plain_layout_notation_is_a_number(text: str) -> None:
    assert parse_amount(text) is None


def test_paths_carry_the_index_among_equals(info: Group) -> None:
    assert info.groups("det")[1].group("prod").xpath("vProd") == "/infNFe/det[2]/prod/vProd"
    assert info.group("ide").xpath("serie") == "/infNFe/ide/serie"
