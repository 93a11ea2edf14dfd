"""What each provider says, and each way in which it fails, turned into the slice's own words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest

from malha.outbound import Reply
from malha.suppliers.client.answers import Provider, ProviderBrokenError, ProviderLimitedError, ProviderUnableError
from malha.suppliers.client.providers import enabled_providers
from malha.suppliers.rules.supplier import Address, Cnae, Partner, Profile, Status
from malha.suppliers.settings import SupplierSettings

CNPJ = "11222333000181"
ADDRESS = Address("RUA DAS FLORES", "100", None, "CENTRO", "01001000", "São Paulo", "3550308", "SP")

CNPJ_WS: dict[str, Any] = {
    "cnpj_raiz": "11222333",
    "razao_social": "LIMPA TUDO LTDA",
    "capital_social": "1500.00",
    "socios": [
        {
            "cpf_cnpj_socio": "***123456**",
            "nome": "MARIA",
            "data_entrada": "2001-02-03",
            "qualificacao_socio": {"id": 49, "descricao": "Sócio-Administrador"},
        }
    ],
    "simples": {"simples": "Sim", "mei": "Não"},
    "estabelecimento": {
        "cnpj": CNPJ,
        "nome_fantasia": "LIMPA TUDO",
        "situacao_cadastral": "Ativa",
        "data_situacao_cadastral": "2005-11-03",
        "data_inicio_atividade": "2001-02-03",
        "tipo_logradouro": "RUA",
        "logradouro": "DAS FLORES",
        "numero": "100",
        "complemento": None,
        "bairro": "CENTRO",
        "cep": "01001000",
        "ddd1": "11",
        "telefone1": "40028922",
        "email": "a@example.com",
        "atividade_principal": {"id": "8121400", "subclasse": "8121-4/00", "descricao": "Limpeza"},
        "atividades_secundarias": [{"subclasse": "8130-3/00", "descricao": "Paisagismo"}],
        "estado": {"sigla": "SP"},
        "cidade": {"nome": "São Paulo", "ibge_id": 3550308},
    },
}
MINHA_RECEITA: dict[str, Any] = {
    "cnpj": CNPJ,
    "razao_social": "LIMPA TUDO LTDA",
    "nome_fantasia": "LIMPA TUDO",
    "situacao_cadastral": 2,
    "descricao_situacao_cadastral": "ATIVA",
    "data_situacao_cadastral": "2005-11-03",
    "data_inicio_atividade": "2001-02-03",
    "cnae_fiscal": 8121400,
    "cnae_fiscal_descricao": "Limpeza",
    "cnaes_secundarios": [{"codigo": 8130300, "descricao": "Paisagismo"}, {"codigo": 0, "descricao": ""}],
    "descricao_tipo_de_logradouro": "RUA",
    "logradouro": "DAS FLORES",
    "numero": "100",
    "complemento": "",
    "bairro": "CENTRO",
    "cep": 1001000,
    "uf": "SP",
    "municipio": "São Paulo",
    "codigo_municipio_ibge": 3550308,
    "ddd_telefone_1": "11 40028922",
    "email": "a@example.com",
    "qsa": [
        {
            "nome_socio": "MARIA",
            "cnpj_cpf_do_socio": "***123456**",
            "qualificacao_socio": "Sócio-Administrador",
            "data_entrada_sociedade": "2001-02-03",
        }
    ],
    "capital_social": 1500,
    "opcao_pelo_simples": True,
    "opcao_pelo_mei": False,
}
RECEITAWS: dict[str, Any] = {
    "status": "OK",
    "cnpj": "11.222.333/0001-81",
    "nome": "LIMPA TUDO LTDA",
    "fantasia": "LIMPA TUDO",
    "situacao": "ATIVA",
    "data_situacao": "03/11/2005",
    "abertura": "03/02/2001",
    "atividade_principal": [{"code": "81.21-4-00", "text": "Limpeza"}],
    "atividades_secundarias": [{"code": "81.30-3-00", "text": "Paisagismo"}, {"code": "00.00-0-00", "text": "-"}],
    "qsa": [{"nome": "MARIA", "qual": "49-Sócio-Administrador"}],
    "logradouro": "RUA DAS FLORES",
    "numero": "100",
    "complemento": "",
    "bairro": "CENTRO",
    "cep": "01.001-000",
    "municipio": "São Paulo",
    "uf": "SP",
    "email": "a@example.com",
    "telefone": "11 40028922",
    "capital_social": "1500.00",
    "simples": {"optante": True},
    "simei": {"optante": False},
}
BODIES = {
    "cnpj_ws": CNPJ_WS,
    "cnpj_ws_commercial": CNPJ_WS,
    "brasilapi": MINHA_RECEITA,
    "minha_receita": MINHA_RECEITA,
    "receitaws": RECEITAWS,
}
PROVIDERS: dict[str, Provider] = {
    each.name: each
    for each in enabled_providers(
        SupplierSettings.model_validate({"providers": list(BODIES), "cnpj_ws_token": "t0ken"})
    )
}

every_provider = pytest.mark.parametrize("name", BODIES)


def reply(status: int, body: Any, **headers: str) -> Reply:
    content = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content, "https://x/")


def read(name: str, status: int, body: Any, **headers: str) -> Profile | None:
    return PROVIDERS[name].read(CNPJ, reply(status, body, **headers)).profile


@every_provider
def test_every_provider_says_the_same_of_the_same_company(name: str) -> None:
    is_rich = name != "receitaws"
    assert read(name, 200, BODIES[name]) == Profile(
        cnpj=CNPJ,
        legal_name="LIMPA TUDO LTDA",
        trade_name="LIMPA TUDO",
        status=Status.ATIVA,
        status_since=date(2005, 11, 3),
        opened_on=date(2001, 2, 3),
        main_cnae=Cnae("8121400", "Limpeza"),
        secondary_cnaes=(Cnae("8130300", "Paisagismo"),),
        address=ADDRESS if is_rich else Address(*list_address(), city_code=None, uf="SP"),
        partners=(
            Partner(
                "MARIA",
                "***123456**" if is_rich else None,
                "Sócio-Administrador",
                date(2001, 2, 3) if is_rich else None,
            ),
        ),
        capital=Decimal("1500.00"),
        is_simples=True,
        is_mei=False,
        email="a@example.com",
        phone="11 40028922",
    )


def list_address() -> tuple[str | None, ...]:
    return (ADDRESS.street, ADDRESS.number, None, ADDRESS.district, ADDRESS.zip_code, ADDRESS.city)


@every_provider
def test_an_answer_about_another_company_is_none(name: str) -> None:
    other = (
        orjson.dumps(BODIES[name]).replace(b"11222333000181", b"33500000000100").replace(b"11.222.333/0001-81", b"x")
    )
    with pytest.raises(ProviderBrokenError):
        read(name, 200, other.decode())


@every_provider
@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", "{}", '"OK"', '{"cnpj": ""}', "{"])
def test_an_answer_of_another_shape_is_a_breakdown(name: str, body: str) -> None:
    with pytest.raises(ProviderBrokenError):
        read(name, 200, body)


@every_provider
@pytest.mark.parametrize("status", [401, 403, 500, 502, 503, 504])
def test_refusals_and_breakdowns_are_no_answers(name: str, status: int) -> None:
    with pytest.raises(ProviderBrokenError):
        read(name, status, "Forbidden")


@every_provider
def test_too_many_requests_says_for_how_long(name: str) -> None:
    with pytest.raises(ProviderLimitedError) as plain:
        read(name, 429, "Too Many Requests")
    with pytest.raises(ProviderLimitedError) as told:
        read(name, 429, "Too Many Requests", retry_after="7")
    assert (plain.value.seconds, told.value.seconds) == (60, 7)


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("cnpj_ws", 404, {"status": 404, "titulo": "Não encontrado", "detalhes": "CNPJ não encontrado"}),
        ("brasilapi", 404, {"message": "CNPJ 11.222.333/0001-81 não encontrado.", "type": "not_found"}),
        ("minha_receita", 404, {"message": "CNPJ 11.222.333/0001-81 não encontrado."}),
        ("receitaws", 200, {"status": "ERROR", "message": "CNPJ rejeitado pela Receita Federal"}),
    ],
)
def test_not_found_is_an_answer(name: str, status: int, body: dict[str, Any]) -> None:
    answer = PROVIDERS[name].read(CNPJ, reply(status, body))
    assert (answer.profile, answer.raw) == (None, body)


@pytest.mark.parametrize("name", ["brasilapi", "minha_receita", "cnpj_ws", "receitaws"])
def test_a_404_of_the_edge_is_not_the_registrys(name: str) -> None:
    with pytest.raises(ProviderBrokenError):
        read(name, 404, "<html>The deployment could not be found</html>")


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("cnpj_ws", 400, {"status": 400, "titulo": "Requisição inválida", "detalhes": "CNPJ inválido"}),
        ("brasilapi", 400, {"name": "BadRequestError", "message": "CNPJ deve conter exatamente 14 caracteres."}),
        ("minha_receita", 400, {"message": "CNPJ foobar inválido."}),
        ("receitaws", 200, {"status": "ERROR", "message": "CNPJ inválido"}),
    ],
)
def test_a_refused_cnpj_is_left_to_the_next(name: str, status: int, body: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnableError):
        read(name, status, body)


def test_receitaws_timeout_with_status_200_is_a_breakdown() -> None:
    with pytest.raises(ProviderBrokenError, match="Timeout"):
        read("receitaws", 200, {"status": "ERROR", "message": "Timeout"})


@every_provider
def test_a_missing_status_is_never_active(name: str) -> None:
    body = orjson.loads(orjson.dumps(BODIES[name]))
    for holder in (body, body.get("estabelecimento", {})):
        for key in ("situacao_cadastral", "descricao_situacao_cadastral", "situacao"):
            holder.pop(key, None)
    profile = read(name, 200, body)
    assert profile is not None
    assert profile.status is Status.UNKNOWN


@every_provider
def test_fields_of_the_wrong_kind_become_nothing(name: str) -> None:
    def spoil(value: Any, key: str = "") -> Any:
        if key in {"cnpj", "status", "estabelecimento"} and not isinstance(value, dict):
            return value
        if isinstance(value, dict):
            return {inner: spoil(each, inner) for inner, each in value.items()}
        return {"unexpected": [1]} if isinstance(value, str | int | float) else 17

    profile = read(name, 200, spoil(BODIES[name]))
    assert profile is not None
    assert (profile.status, profile.opened_on, profile.main_cnae) == (Status.UNKNOWN, None, None)
    assert (profile.secondary_cnaes, profile.capital) == ((), None)


def test_a_company_without_simples_and_partners_says_nothing_of_them() -> None:
    profile = read("cnpj_ws", 200, {**CNPJ_WS, "simples": None, "socios": []})
    assert profile is not None
    assert (profile.is_simples, profile.is_mei, profile.partners) == (None, None, ())


@every_provider
def test_the_cnpj_goes_into_the_address_letters_included(name: str) -> None:
    assert PROVIDERS[name].url("12ABC34501DE35").endswith("/12ABC34501DE35")


def test_only_the_commercial_provider_gets_the_token_and_in_a_header() -> None:
    assert [name for name, each in PROVIDERS.items() if each.headers()] == ["cnpj_ws_commercial"]
    assert PROVIDERS["cnpj_ws_commercial"].headers() == {"x_api_token": "t0ken"}
    assert "t0ken" not in PROVIDERS["cnpj_ws_commercial"].url(CNPJ)
