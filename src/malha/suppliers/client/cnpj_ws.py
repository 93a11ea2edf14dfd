"""CNPJ.ws, public and commercial: nested objects, the release time of a limit in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malha.outbound import Reply
from malha.suppliers.client import fields as read
from malha.suppliers.client.answers import Answer, ProviderBrokenError, ProviderUnableError
from malha.suppliers.rules.status import parse_status
from malha.suppliers.rules.supplier import Address, Partner, Profile


class CnpjWs:
    """The public service allows three requests a minute and address; the commercial one asks for a token."""

    def __init__(self, name: str, base_url: str, *, token: str = "") -> None:
        self.name = name
        self.source = "cnpj_ws"
        self._base_url = base_url.rstrip("/")
        self._token = token

    def url(self, cnpj: str) -> str:
        """The same path for both."""
        return f"{self._base_url}/cnpj/{cnpj}"

    def headers(self) -> Mapping[str, str]:
        """The token travels in a header: a query string ends up in logs."""
        return {"x_api_token": self._token} if self._token else {}

    def read(self, cnpj: str, reply: Reply) -> Answer:
        """Errors are objects of `status`, `titulo` and `detalhes`."""
        body = read.body_of(reply)
        read.refuse_trouble(reply, body)
        if reply.status == 404 and isinstance(body, dict):
            return Answer(None, body)
        if reply.status == 400:
            raise ProviderUnableError("it takes the CNPJ for an invalid one")
        if reply.status != 200:
            raise ProviderBrokenError(f"status {reply.status}")
        place = read.child(body, "estabelecimento")
        company = read.object_of(body, cnpj, place.get("cnpj"))
        return Answer(_profile(cnpj, company, place), company)


def _profile(cnpj: str, company: dict[str, Any], place: dict[str, Any]) -> Profile:
    main = read.child(place, "atividade_principal")
    simples = read.child(company, "simples")
    return Profile(
        cnpj=cnpj,
        legal_name=read.text(company.get("razao_social")) or "",
        trade_name=read.text(place.get("nome_fantasia")),
        status=parse_status(place.get("situacao_cadastral")),
        status_since=read.day(place.get("data_situacao_cadastral")),
        opened_on=read.day(place.get("data_inicio_atividade")),
        main_cnae=_cnae(main),
        secondary_cnaes=read.activities(
            (_code(each), each.get("descricao")) for each in read.children(place, "atividades_secundarias")
        ),
        address=_address(place),
        partners=tuple(_partner(each) for each in read.children(company, "socios")),
        capital=read.money(company.get("capital_social")),
        is_simples=read.yes(simples.get("simples")),
        is_mei=read.yes(simples.get("mei")),
        email=read.text(place.get("email")),
        phone=read.words(place.get("ddd1"), place.get("telefone1")),
    )


def _cnae(entry: dict[str, Any]) -> Any:
    return read.activity(_code(entry), entry.get("descricao"))


def _code(entry: dict[str, Any]) -> Any:
    return entry.get("id") or entry.get("subclasse")


def _address(place: dict[str, Any]) -> Address:
    city = read.child(place, "cidade")
    return Address(
        street=read.words(place.get("tipo_logradouro"), place.get("logradouro")),
        number=read.text(place.get("numero")),
        complement=read.text(place.get("complemento")),
        district=read.text(place.get("bairro")),
        zip_code=read.digits(place.get("cep"), 8),
        city=read.text(city.get("nome")),
        city_code=read.digits(city.get("ibge_id"), 7),
        uf=read.text(read.child(place, "estado").get("sigla")),
    )


def _partner(entry: dict[str, Any]) -> Partner:
    role = entry.get("qualificacao_socio")
    return Partner(
        name=read.text(entry.get("nome")) or "",
        document=read.text(entry.get("cpf_cnpj_socio")),
        role=read.text(role.get("descricao") if isinstance(role, dict) else role),
        since=read.day(entry.get("data_entrada")),
    )
