"""Official XSDs, compiled once per process: today's lie inside the installed nfelib, the old layouts' are data."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from lxml import etree

from malha.fiscal.tree import Element, local_name

MAX_PROBLEMS = 50
"""Problems told per document; a broken generator repeats the same one on hundreds of items."""

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_NFE = "nfe/schemas/v4_0/"
_NOTE_SCHEMAS = {("nfeProc", "4.00"): f"{_NFE}procNFe_v4.00.xsd", ("NFe", "4.00"): f"{_NFE}nfe_v4.00.xsd"}
_OLD_LAYOUTS = frozenset({"1.10", "2.00", "3.10"})
_DATA = Path(__file__).with_name("tables") / "data"
_EVENT_SCHEMAS = {
    "110110": "nfe_evento_cce/schemas/v1_0/CCe_v1.00.xsd",
    "110111": "nfe_evento_cancel/schemas/v1_0/eventoCancNFe_v1.00.xsd",
    "110130": "nfe_entrega/schemas/v1_0/EventoEntregaNFe_v1.00.xsd",
    "110131": "nfe_entrega/schemas/v1_0/EventoCancEntregaNFe_v1.00.xsd",
    "110140": "nfe_epec/schemas/v1_0/EPEC_v1.00.xsd",
    "110150": "nfe_ator_interessado/schemas/v1_0/eventoAtorInteressado_v1.00.xsd",
    "110192": "nfe_insucesso/schemas/v1_0/EventoInsucessoNFe_v1.00.xsd",
    "110193": "nfe_insucesso/schemas/v1_0/EventoCancInsucessoNFe_v1.00.xsd",
    **dict.fromkeys(("210200", "210210", "210220", "210240"), "nfe_evento_mde/schemas/v1_0/confRecebto_v1.00.xsd"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the schema refuses: at an element, or at its attribute ``field``.

    ``may_be_newer`` where a later version of the layout could allow it: a tag that this one has not, a code that is not
    in its list, a longer text. What is missing, emptied or no number is wrong in any version.
    """

    element: Element | None
    field: str | None
    line: int
    pt: str
    en: str
    found: str | None
    expected: str | None
    may_be_newer: bool = False


class Schema:
    """A compiled XSD that several threads may use."""

    def __init__(self, root: Element, folder: Path) -> None:
        """``folder`` has the files that ``root`` includes."""
        self._schema = etree.XMLSchema(root)
        self._tags = frozenset(_declared(root, folder, set()))
        self._lock = Lock()

    def problems(self, element: Element) -> list[Problem]:
        """What is wrong with ``element`` and below, at most `MAX_PROBLEMS`; empty when valid."""
        with self._lock:  # the error log belongs to the schema, not to the call
            if self._schema.validate(element):
                return []
            entries = [(entry.path, entry.line, entry.message) for entry in self._schema.error_log]
        explained = _explained(element, entries, self._tags)
        return list(islice(explained, MAX_PROBLEMS))  # locating one looks at all its siblings


def _declared(root: Element, folder: Path, seen: set[str]) -> Iterator[str]:
    """The names of all elements that an XSD and those that it includes declare."""
    for element in root.iter(f"{_XSD}element", f"{_XSD}include", f"{_XSD}import"):
        location = element.get("schemaLocation")
        if name := element.get("name"):
            yield name
        elif location and location not in seen:
            seen.add(location)
            yield from _declared(etree.parse(str(folder / location)).getroot(), folder, seen)


_COMPILING = Lock()


@cache
def _compiled(name: str) -> Schema:
    path = _folder() / name
    return Schema(etree.parse(str(path)).getroot(), path.parent)


@cache
def _compiled_layout(version: str) -> Schema:
    """An old layout; its signatures follow the same schema as today's, which is read beside today's layout."""
    folder = _folder() / _NFE
    text = gzip.decompress((_DATA / f"layout-{version}.xsd.gz").read_bytes())
    return Schema(etree.fromstring(text, base_url=str(folder / "layout.xsd")), folder)


@cache
def _folder() -> Path:
    spec = find_spec("nfelib")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("nfelib, whose XSD files the audit uses, is not installed")
    return Path(spec.submodule_search_locations[0])


def _schema(name: str) -> Schema:
    with _COMPILING:  # otherwise threads that start together would each compile it
        return _compiled(name)


def note_schema(root_tag: str, layout: str) -> Schema | None:
    """The schema of an `nfeProc` or `NFe`; None for other roots and for layouts without a schema here."""
    if layout in _OLD_LAYOUTS and root_tag in {"nfeProc", "NFe"}:
        with _COMPILING:
            return _compiled_layout(layout)
    name = _NOTE_SCHEMAS.get((root_tag, layout))
    return _schema(name) if name else None


def event_schema(kind: str) -> Schema | None:
    """The schema of an `evento` by its tpEvento; None where there is none here."""
    name = _EVENT_SCHEMAS.get(kind)
    return _schema(name) if name else None


def compile_all() -> None:
    """Compile every schema that there is, for a process that will not be able to read them later."""
    for name in {*_NOTE_SCHEMAS.values(), *_EVENT_SCHEMAS.values()}:
        _schema(name)


_NAMESPACE = re.compile(r"\{https?://[^}]*\}")
_ELEMENT = re.compile(r"^Element '(?P<tag>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: (?P<rest>.*)$", re.DOTALL)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?P<tags>.*?) \)")
_FACET = re.compile(r"^\[facet '(?P<facet>[^']*)'\]")
_LIMIT = re.compile(r"(?:set \{(?P<set>.*)\}|pattern '(?P<pattern>.*)'|.*'(?P<last>[^']*)')\)?\.$", re.DOTALL)
_STEP = re.compile(r"(?:[^:/\[\]]+:)?(?P<name>[^:/\[\]]+)(?:\[(?P<position>[0-9]+)\])?")


def _explained(root: Element, entries: list[tuple[str | None, int, str]], tags: frozenset[str]) -> Iterator[Problem]:
    told: set[tuple[str | None, str | None]] = set()
    for path, line, message in entries:
        plain = _NAMESPACE.sub("", message)
        match = _ELEMENT.match(plain)
        attribute = match["attribute"] if match else None
        if match and attribute is None and "unique identity-constraint" in match["rest"]:
            attribute = "nItem"  # the layouts have no other one
        if (path, attribute) in told:
            continue
        told.add((path, attribute))
        element = _located(root, path)
        problem = _refusal(match["tag"], attribute, match["rest"], element) if match else None
        pt, en, found, expected = problem or _OTHER
        may_be_newer = match is not None and _may_be_newer(match["tag"], match["rest"], tags)
        yield Problem(element, f"@{attribute}" if attribute else None, line, pt, en, found, expected, may_be_newer)


_LOOSENED = ("[facet 'enumeration']", "[facet 'maxLength']")
"""Limits that versions move outwards: codes are added to lists, texts may be longer."""


def _may_be_newer(tag: str, rest: str, tags: frozenset[str]) -> bool:
    """A known tag that is not expected stands where something else is missing, or twice."""
    if rest.startswith("This element is not expected") or "No matching global declaration" in rest:
        return tag not in tags
    return rest.startswith(_LOOSENED) or "is not allowed." in rest


_Words: TypeAlias = tuple[str, str, str | None, str | None]
_OTHER: _Words = ("O esquema oficial recusa o conteúdo.", "The official schema refuses the content.", None, None)
_FACETS = {
    "enumeration": "um de {}",
    "pattern": "padrão {}",
    "length": "{} caracteres",
    "minLength": "pelo menos {} caracteres",
    "maxLength": "no máximo {} caracteres",
    "minInclusive": "pelo menos {}",
    "maxInclusive": "no máximo {}",
    "whiteSpace": "espaços: {}",
    "totalDigits": "no máximo {} algarismos",
    "fractionDigits": "no máximo {} decimais",
}
"""Limits of the layout in words; `malha.fiscal.phrases` has their English."""


def _refusal(tag: str, attribute: str | None, rest: str, element: Element | None) -> _Words | None:
    expected = (wanted := _EXPECTED.search(rest)) and wanted["tags"].replace(" ", "").replace(",", ", ")
    pt_asks, en_asks = (
        (f"; o leiaute pede {expected}.", f"; the layout asks for {expected}.") if expected else (".", ".")
    )
    if rest.startswith("This element is not expected"):
        return f"{tag} não é esperado aqui{pt_asks}", f"{tag} is not expected here{en_asks}", tag, expected
    if rest.startswith("Missing child element"):
        return f"Falta um elemento em {tag}{pt_asks}", f"{tag} lacks an element{en_asks}", None, expected
    if "No matching global declaration" in rest:
        return f"{tag} não é um elemento deste leiaute.", f"{tag} is not an element of this layout.", tag, None
    if "required but missing" in rest:
        name = _last_quoted(rest)
        return f"Falta o atributo {name} em {tag}.", f"{tag} lacks the attribute {name}.", None, name
    if "is not allowed." in rest and attribute:
        return (
            f"{tag} não tem o atributo {attribute} no leiaute.",
            f"{tag} has no attribute {attribute}.",
            attribute,
            None,
        )
    facet = _FACET.match(rest)
    if facet is None and "is not a valid value" not in rest:
        return None
    where = f"{tag}/@{attribute}" if attribute else tag
    found = None if element is None else element.get(attribute) if attribute else element.text or ""
    limit = _last_quoted(rest)
    expected = _FACETS.get(facet["facet"], f"{facet['facet']} {{}}").format(limit) if facet else f"tipo {limit}"
    return f"O conteúdo de {where} não segue o leiaute.", f"{where} does not follow the layout.", found, expected


def _last_quoted(rest: str) -> str:
    limit = _LIMIT.search(rest)
    return next((part for part in limit.groups() if part is not None), "") if limit else ""


def _located(root: Element, path: str | None) -> Element | None:
    """The element that libxml2 calls `/*/*[2]/*[1]`, counted from ``root``."""
    element = root
    for step in _STEP.finditer((path or "/*").removeprefix("/").partition("/")[2]):
        name, position = step["name"], int(step["position"] or 1)
        equals = [one for one in element if name == "*" or local_name(one.tag) == name]
        if len(equals) < position:
            return None
        element = equals[position - 1]
    return element
