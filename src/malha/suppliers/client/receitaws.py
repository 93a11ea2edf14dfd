"""ReceitaWS: errors with HTTP status 200, Brazilian dates, amounts and codes as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malha.outbound import Reply
from malha.suppliers.client import fields as read
from malha.suppliers.client.answers import Answer, ProviderBrokenError, ProviderUnableError
from malha.suppliers.rules.status import parse_status
from malha.suppliers.rules.supplier import Address, Partner, Profile

_NOT_REGISTERED = "CNPJ rejeitado pela Receita Federal"
_INVALID = "CNPJ inválido"


class ReceitaWs:
    """Allows three requests a minute."""

    def __init__(self, name: str, base_url: str) -> None:
        self.name = name
        self.source = "receitaws"
        self._base_url = base_url.rstrip("/")

    def url(self, cnpj: str) -> str:
        """The CNPJ without punctuation."""
        return f"{self._base_url}/cnpj/{cnpj}"

    def headers(self) -> Mapping[str, str]:
        """Nothing beside the client's own."""
        return {}

    def read(self, cnpj: str, reply: Reply) -> Answer:
        """`status` in the body decides, for it is 200 in the header even for errors."""
        body = read.body_of(reply)
        read.refuse_trouble(reply, body)
        if reply.status == 404 and isinstance(body, dict):
            return Answer(None, body)
        if reply.status != 200 or not isinstance(body, dict):
            raise ProviderBrokenError(f"status {reply.status} without a JSON object")
        if body.get("status") == "ERROR":
            return _read_error(body)
        company = read.object_of(body, cnpj, body.get("cnpj"))
        return Answer(_profile(cnpj, company), company)


def _read_error(body: dict[str, Any]) -> Answer:
    message = read.text(body.get("message")) or ""
    if message == _NOT_REGISTERED:
        return Answer(None, body)
    if message == _INVALID:
        raise ProviderUnableError("it takes the CNPJ for an invalid one")
    raise ProviderBrokenError(f"status 200, but it says {message!r}")


def _profile(cnpj: str, company: dict[str, Any]) -> Profile:
    main = next(iter(read.children(company, "atividade_principal")), {})
    return Profile(
        cnpj=cnpj,
        legal_name=read.text(company.get("nome")) or "",
        trade_name=read.text(company.get("fantasia")),
        status=parse_status(company.get("situacao")),
        status_since=read.day(company.get("data_situacao")),
        opened_on=read.day(company.get("abertura")),
        main_cnae=read.activity(main.get("code"), main.get("text")),
        secondary_cnaes=read.activities(
            (each.get("code"), each.get("text")) for each in read.children(company, "atividades_secundarias")
        ),
        address=Address(
            street=read.text(company.get("logradouro")),
            number=read.text(company.get("numero")),
            complement=read.text(company.get("complemento")),
            district=read.text(company.get("bairro")),
            zip_code=read.digits(company.get("cep"), 8),
            city=read.text(company.get("municipio")),
            city_code=None,
            uf=read.text(company.get("uf")),
        ),
        partners=tuple(_partner(each) for each in read.children(company, "qsa")),
        capital=read.money(company.get("capital_social")),
        is_simples=read.yes(read.child(company, "simples").get("optante")),
        is_mei=read.yes(read.child(company, "simei").get("optante")),
        email=read.text(company.get("email")),
        phone=read.text(company.get("telefone")),
    )


def _partner(entry: dict[str, Any]) -> Partner:
    return Partner(name=read.text(entry.get("nome")) or "", document=None, role=_role(entry.get("qual")), since=None)


def _role(value: Any) -> str | None:
    """`49-Sócio-Administrador` without its number."""
    code, _, name = (read.text(value) or "").partition("-")
    return name or code or None
