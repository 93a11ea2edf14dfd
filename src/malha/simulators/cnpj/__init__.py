"""Stand-ins of CNPJ.ws (public and commercial), BrasilAPI, Minha Receita and ReceitaWS, with limits and faults."""

from malha.simulators.cnpj.app import build_app
from malha.simulators.cnpj.companies import Company, imagine_company
from malha.simulators.cnpj.state import DEFAULT_LIMITS, State
from malha.simulators.conduct import Fault, Limit

__all__ = ["DEFAULT_LIMITS", "Company", "Fault", "Limit", "State", "build_app", "imagine_company"]
