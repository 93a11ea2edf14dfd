"""Settings of the company registry."""

from __future__ import annotations

from pydantic import Field, SecretStr

from malha.settings import CommaList, Rate, SettingsGroup


class SupplierSettings(SettingsGroup):
    """Who is asked about a CNPJ, how often, and how long an answer is good for."""

    providers: CommaList = Field(
        default=["cnpj_ws_commercial", "cnpj_ws", "brasilapi", "minha_receita", "receitaws"],
        validation_alias="SUPPLIER_PROVIDERS",
    )
    """Who is asked, in this order; empty for imported data alone. `cnpj_ws_commercial` needs its token."""
    fresh_days: float = Field(default=30, validation_alias="SUPPLIER_FRESH_DAYS", gt=0)
    """An older answer is still shown, as stale, while a new one is fetched."""
    not_found_days: float = Field(default=7, validation_alias="SUPPLIER_NOT_FOUND_DAYS", gt=0)
    """How long "no such company" is believed."""
    timeout_seconds: float = Field(default=30, validation_alias="SUPPLIER_TIMEOUT_SECONDS", gt=0)
    """One ask takes no longer, redirects included."""
    cnpj_ws_url: str = Field(default="https://publica.cnpj.ws", validation_alias="CNPJ_WS_URL")
    """CNPJ.ws, public."""
    cnpj_ws_limit: Rate = Field(default="3/minute", validation_alias="CNPJ_WS_LIMIT")
    """What it allows, for all workers together."""
    cnpj_ws_commercial_url: str = Field(default="https://comercial.cnpj.ws", validation_alias="CNPJ_WS_COMMERCIAL_URL")
    """CNPJ.ws, commercial."""
    cnpj_ws_token: SecretStr = Field(default=SecretStr(""), validation_alias="CNPJ_WS_TOKEN")
    """Token of its commercial plan; empty leaves it out."""
    cnpj_ws_commercial_limit: Rate = Field(default="60/minute", validation_alias="CNPJ_WS_COMMERCIAL_LIMIT")
    """What the plan allows."""
    brasilapi_url: str = Field(default="https://brasilapi.com.br/api", validation_alias="BRASILAPI_URL")
    """BrasilAPI."""
    brasilapi_limit: Rate = Field(default="30/minute", validation_alias="BRASILAPI_LIMIT")
    """It states no limit; this one is ours, out of courtesy."""
    minha_receita_url: str = Field(default="https://minhareceita.org", validation_alias="MINHA_RECEITA_URL")
    """Minha Receita, or one's own copy of it."""
    minha_receita_limit: Rate = Field(default="30/minute", validation_alias="MINHA_RECEITA_LIMIT")
    """It states no limit; this one is ours, out of courtesy."""
    receitaws_url: str = Field(default="https://www.receitaws.com.br/v1", validation_alias="RECEITAWS_URL")
    """ReceitaWS."""
    receitaws_limit: Rate = Field(default="3/minute", validation_alias="RECEITAWS_LIMIT")
    """What it allows without a plan."""


GROUPS = (SupplierSettings,)
