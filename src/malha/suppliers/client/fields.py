"""Values of foreign JSON, read tolerantly: absent, empty and nonsense become None, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from malha.fiscal.tables import cnae
from malha.kit.clock import utc_now
from malha.outbound import Reply
from malha.suppliers.client.answers import ProviderBrokenError, ProviderLimitedError
from malha.suppliers.rules.cnpj import normalize_cnpj
from malha.suppliers.rules.release_time import seconds_until_release
from malha.suppliers.rules.supplier import Cnae

_CAPITAL_WITH_COMMA = re.compile(r"-?[\d.]*,\d{1,2}")
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d")
_REFUSALS = frozenset({401, 402, 403, 407})


def body_of(reply: Reply) -> Any:
    """The JSON of a reply, or its text where it is none, as from the edge in front of a service."""
    try:
        return reply.json()
    except orjson.JSONDecodeError:
        return reply.text


def refuse_trouble(reply: Reply, body: Any) -> None:
    """Raise for what means the same at every provider: too many requests, refusal, breakdown."""
    if reply.status == 429:
        raise ProviderLimitedError(seconds_until_release(body, reply.headers.get("retry-after"), utc_now()))
    if reply.status in _REFUSALS:
        raise ProviderBrokenError(f"it refuses us with status {reply.status}")
    if reply.status >= 500:
        raise ProviderBrokenError(f"status {reply.status}")


def object_of(body: Any, cnpj: str, stated: Any) -> dict[str, Any]:
    """A body that is an object about the CNPJ asked for; ProviderBrokenError for anything else."""
    if not isinstance(body, dict):
        raise ProviderBrokenError("its answer is no JSON object")
    if normalize_cnpj(str(stated or "")) != cnpj:
        raise ProviderBrokenError(f"asked about {cnpj}, it speaks of {stated!r}")
    return body


def child(parent: Any, name: str) -> dict[str, Any]:
    """A nested object; an empty one where it is absent or something else."""
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def children(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A nested list of objects."""
    value = parent.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A text without space around it and without NUL, which PostgreSQL does not keep."""
    if value is None or isinstance(value, dict | list | bool):
        return None
    return " ".join(str(value).replace("\x00", "").split()) or None


def words(*values: Any) -> str | None:
    """The texts that are there, with a space between."""
    return " ".join(filter(None, map(text, values))) or None


def digits(value: Any, length: int) -> str | None:
    """The digits of a code, filled up with zeros on the left as whoever keeps codes as numbers loses them."""
    found = re.sub(r"\D", "", text(value) or "")
    return found.zfill(length) if found and len(found) <= length else None


def day(value: Any) -> date | None:
    """A date in ISO, Brazilian or compact notation; a time after it is dropped."""
    words_ = (text(value) or "").replace("T", " ").split(" ")
    for notation in _DATE_FORMATS:
        try:
            found = datetime.strptime(words_[0], notation).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return found if found.year > 1800 else None
    return None


def money(value: Any) -> Decimal | None:
    """An amount from a number or from `1000.00` or `1.000,00`."""
    written = text(value) or ""
    if _CAPITAL_WITH_COMMA.fullmatch(written):
        written = written.replace(".", "").replace(",", ".")
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() and 0 <= amount < Decimal(10) ** 16 else None


def yes(value: Any) -> bool | None:
    """True or false from JSON, `Sim`/`Não` or `S`/`N`; None for neither."""
    if isinstance(value, bool):
        return value
    return {"s": True, "sim": True, "n": False, "não": False, "nao": False}.get((text(value) or "").lower())


def activity(code: Any, description: Any) -> Cnae | None:
    """A CNAE subclass of seven digits; zero and `00.00-0-00` stand for none. Its official name where none is given."""
    found = digits(code, 7)
    if found is None or found == "0000000":
        return None
    return Cnae(found, text(description) or cnae.describe(found) or "")


def activities(pairs: Iterable[tuple[Any, Any]]) -> tuple[Cnae, ...]:
    """Those of many that are there, each once."""
    found = {each.code: each for code, description in pairs if (each := activity(code, description))}
    return tuple(found.values())
