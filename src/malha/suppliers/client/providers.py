"""The providers of company data behind one interface, in the order of the settings."""

from __future__ import annotations

from malha.outbound import Rate
from malha.suppliers.client.answers import Provider
from malha.suppliers.client.cnpj_ws import CnpjWs
from malha.suppliers.client.minha_receita import BRASILAPI_PATH, MinhaReceita
from malha.suppliers.client.receitaws import ReceitaWs
from malha.suppliers.settings import SupplierSettings


def enabled_providers(settings: SupplierSettings) -> list[Provider]:
    """Those that the settings name, in that order; ValueError for a name that nobody bears."""
    token = settings.cnpj_ws_token.get_secret_value()
    known: dict[str, Provider] = {
        "cnpj_ws_commercial": CnpjWs("cnpj_ws_commercial", settings.cnpj_ws_commercial_url, token=token),
        "cnpj_ws": CnpjWs("cnpj_ws", settings.cnpj_ws_url),
        "brasilapi": MinhaReceita("brasilapi", settings.brasilapi_url, path=BRASILAPI_PATH),
        "minha_receita": MinhaReceita("minha_receita", settings.minha_receita_url),
        "receitaws": ReceitaWs("receitaws", settings.receitaws_url),
    }
    unknown = [name for name in settings.providers if name not in known]
    if unknown:
        raise ValueError(f"SUPPLIER_PROVIDERS names {', '.join(unknown)}; there is {', '.join(known)}")
    return [known[name] for name in settings.providers if token or name != "cnpj_ws_commercial"]


def provider_rates(settings: SupplierSettings) -> dict[str, Rate]:
    """The limit of each enabled provider, by its name."""
    return {each.name: Rate.parse(getattr(settings, f"{each.name}_limit")) for each in enabled_providers(settings)}


def enabled_sources(settings: SupplierSettings) -> frozenset[str]:
    """The bases that the enabled providers read."""
    return frozenset(provider.source for provider in enabled_providers(settings))
