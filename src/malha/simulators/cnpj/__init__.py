"""Stand-ins of CNPJ.ws (public and commercial), BrasilAPI, Minha Receita and ReceitaWS, with limits and faults."""

from malha.simulators.cnpj.app import build_app
from malha.simulators.cnpj.companies import Company, imagine_company
from malha.simulators.cnpj.state import DEFAULT_LIMITS, Limit, State

__all__ = ["DEFAULT_LIMITS", "Company", "Limit", "State", "build_app", "imagine_company"]
