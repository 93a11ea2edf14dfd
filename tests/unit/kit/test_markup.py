"""What a file asks for is counted before anything is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from malha.kit.markup import MarkupExcessError, MarkupLimits, check_markup

SMALL = MarkupLimits(free_bytes=0, elements=10, attributes=5, names=3)


def refused(data: bytes, limits: MarkupLimits = SMALL) -> str:
    with pytest.raises(MarkupExcessError) as raised:
        check_markup(data, limits)
    assert raised.value.message_pt.startswith("O XML tem mais de")
    return str(raised.value)


@pytest.mark.parametrize(
    ("data", "thing"),
    [
        (b"<a>" + b"<b/>" * 10 + b"</a>", "10 elements"),
        (b"<a>" + b"<b></b>" * 10 + b"</a>", "10 elements"),
        (b"<a>" * 11, "10 elements"),
        (b"<a b='1' c='1' d='1' e='1' f='1' g='1'/>", "5 attributes"),
        (b"<a><b c = '1'/><b c = '1'/><b c = '1'/><b c = '1'/><b c = '1'/><b c\n=\n'1'/></a>", "5 attributes"),
        (b"<a><b/><c/><d/></a>", "3 names"),
        (b"<a><b/><p:b/><b:p/></a>", "3 names"),
        ("<a><á/><â/><ã/></a>".encode(), "3 names"),
    ],
)
def test_one_more_than_the_most_is_refused(data: bytes, thing: str) -> None:
    assert thing in refused(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" + b"<b></b>" * 9 + b"</a>",
        b"<a b='1' c='1' d='1' e='1' f='1'/>",
        b"<a><b/><c/><b x='1'/><c>d</c></a>",
        b"",
    ],
)
def test_the_most_itself_passes(data: bytes) -> None:
    check_markup(data, SMALL)


def test_a_small_file_is_not_looked_at() -> None:
    check_markup(b"<a/>" * 100, MarkupLimits(free_bytes=400, elements=1))
    assert refused(b"<a/>" * 101, MarkupLimits(free_bytes=400, elements=1))


def test_no_file_that_is_not_looked_at_could_reach_a_limit_that_matters() -> None:
    limits = MarkupLimits()
    assert limits.free_bytes / len("<a/>") < limits.elements
    assert limits.free_bytes / len("a=''") < limits.attributes
    assert limits.free_bytes < limits.names * len("<aa/>")


_TREES = st.recursive(
    st.sampled_from(["a", "b", "áé", "p:x"]).map(lambda name: f"<{name} xmlns:p='u' k='='>t</{name}>"),
    lambda inside: st.tuples(st.sampled_from("abc"), st.lists(inside, max_size=6)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}<!--<x>--><![CDATA[<y>]]></{pair[0]}>"
    ),
    max_leaves=20,
)


@given(_TREES)
def test_no_tree_has_more_than_was_counted(text: str) -> None:
    data = text.encode()
    elements = [one for one in etree.fromstring(data).iter() if isinstance(one.tag, str)]
    attributes = sum(len(one.attrib) for one in elements)
    names = {one.tag for one in elements}
    if len(elements) > 1:
        refused(data, MarkupLimits(free_bytes=0, elements=len(elements) - 1, attributes=10**6, names=10**6))
    if attributes > 0:
        refused(data, MarkupLimits(free_bytes=0, attributes=attributes - 1))
    if len(names) > 1:
        refused(data, MarkupLimits(free_bytes=0, names=len(names) - 1))
