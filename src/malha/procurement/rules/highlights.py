"""Where a text answers a query, as HTML that the text itself cannot write into."""

from __future__ import annotations

import html

OPEN, CLOSE = "<", ">"
"""Around a hit in a folded text, which has neither."""
_BEFORE = 60
_LONGEST = 320
_ELLIPSIS = "…"


def find_spans(marked: str) -> list[tuple[int, int]]:
    """Beginning and end of each hit in the text without its marks."""
    spans: list[tuple[int, int]] = []
    place = start = 0
    for character in marked:
        if character == OPEN:
            start = place
        elif character == CLOSE:
            spans.append((start, place))
        else:
            place += 1
    return spans


def highlight(text: str, marked: str) -> str | None:
    """The passage of a text around its first hit, escaped, each hit in `<mark>`; None without any.

    `marked` is the folded text with its hits between OPEN and CLOSE. Folding shortens plurals, so a hit goes on to the
    end of its word.
    """
    spans = [(start, _word_end(text, end)) for start, end in find_spans(marked)]
    if not spans:
        return None
    first = _passage_start(text, spans[0][0])
    last = min(len(text), first + _LONGEST)
    pieces = [_ELLIPSIS if first else ""]
    place = first
    for start, end in spans:
        if start < place or end > last:
            continue
        pieces += [html.escape(text[place:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        place = end
    return "".join([*pieces, html.escape(text[place:last]), _ELLIPSIS if last < len(text) else ""])


def _word_end(text: str, end: int) -> int:
    while end < len(text) and text[end].isalnum():
        end += 1
    return end


def _passage_start(text: str, hit: int) -> int:
    if hit <= _BEFORE:
        return 0
    space = text.find(" ", hit - _BEFORE, hit)
    return space + 1 if space >= 0 else hit - _BEFORE
