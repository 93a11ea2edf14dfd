"""What became other between two texts of a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_KEYS = ("codigo", "numeroItem", "sequencial", "id")


@dataclass(frozen=True, slots=True)
class Difference:
    """A field by its path (`unidadeOrgao.ufSigla`, `fontesOrcamentarias[3].nome`), before and after; None for absent.

    `is_new` and `is_gone` tell a field that was not there before, or is not any more, from one that is null.
    """

    path: str
    before: Any
    after: Any
    is_new: bool = False
    is_gone: bool = False


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """In the order of the fields. Entries of a list that name themselves are compared by their names, else by place."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_objects(_named(before), _named(after), path, is_list=True)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path, before, after)


def _of_objects(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str, *, is_list: bool = False
) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        place = f"{path}[{name}]" if is_list else f"{path}.{name}" if path else name
        if name not in before:
            yield Difference(place, None, after[name], is_new=True)
        elif name not in after:
            yield Difference(place, before[name], None, is_gone=True)
        else:
            yield from differences(before[name], after[name], place)


def _named(entries: list[Any]) -> Mapping[str, Any]:
    for key in _KEYS:
        names = [str(entry[key]) for entry in entries if isinstance(entry, Mapping) and key in entry]
        if len(set(names)) == len(entries):
            return dict(zip(names, entries, strict=True))
    return {str(place): entry for place, entry in enumerate(entries)}
