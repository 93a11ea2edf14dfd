"""Lists by name. A slice registers its own with its columns, its filter, and how its pages are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from malha.db import Database, ReadSession
from malha.exports.errors import ExportListUnknownError
from malha.exports.rules import Column, Row
from malha.identity.policy import Principal

Pages = AsyncIterator[Sequence[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportList:
    """A list that can be exported whole.

    `title` names the sheet and the file, `english` does so in English. `scope` is what the caller needs to see the
    list. `pages` gets a valid instance of `filter` and the language of texts, and starts from what the principal may
    see. `check` raises the error of a filter that names something which the principal cannot see, so that the request
    is refused and not its job. A list whose rows hold one JSON document
    each `is_of_documents`: it fits JSON lines only.
    """

    name: str
    title: str
    english: str
    scope: str
    columns: Sequence[Column]
    filter: type[BaseModel]
    pages: Callable[[Database, Principal, Any, str], Pages]
    check: Callable[[ReadSession, Principal, Any], Awaitable[object]] | None = None
    language: str = "pt"
    is_of_documents: bool = False

    def in_language(self, language: str) -> ExportList:
        """The list as tables in this language show it."""
        if language == self.language:
            return self
        columns = [column.in_language(language) for column in self.columns]
        return replace(self, title=self.english, columns=columns, language=language)


_lists: dict[str, ExportList] = {}


def register(export_list: ExportList) -> ExportList:
    """Make a list known under its name."""
    if export_list.name in _lists:
        raise ValueError(f"list {export_list.name!r} is registered twice")
    _lists[export_list.name] = export_list
    return export_list


def get_list(name: str) -> ExportList:
    """The list of a name; ExportListUnknownError for one that nobody registered."""
    try:
        return _lists[name]
    except KeyError as error:
        raise ExportListUnknownError(name=name, known=", ".join(sorted(_lists))) from error


def all_lists() -> list[ExportList]:
    """Every list, by name."""
    return [_lists[name] for name in sorted(_lists)]
