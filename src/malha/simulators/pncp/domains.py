"""The portal's domain tables, with how much of each there is on a business day (measured July 2026)."""

from __future__ import annotations

from typing import NamedTuple

LATER_MODALITY = 99


class Modality(NamedTuple):
    """A way of contracting; `name` as the API writes it, which is not how the manual does."""

    name: str
    daily: float
    """On a business day, at scale 1."""
    dispute: int
    instrument: int
    support: int
    """Codes of DISPUTES, INSTRUMENTS and SUPPORTS."""
    price_register_share: float = 0.0


MODALITIES = {
    1: Modality("Leilão - Eletrônico", 12, 1, 1, 6),
    2: Modality("Diálogo Competitivo", 0.2, 1, 1, 5),
    3: Modality("Concurso", 3, 2, 1, 3),
    4: Modality("Concorrência - Eletrônica", 275, 1, 1, 2, 0.08),
    5: Modality("Concorrência - Presencial", 15, 2, 1, 2),
    6: Modality("Pregão - Eletrônico", 1400, 1, 1, 1, 0.45),
    7: Modality("Pregão - Presencial", 50, 1, 1, 1, 0.4),
    8: Modality("Dispensa", 2650, 4, 2, 19, 0.02),
    9: Modality("Inexigibilidade", 1300, 5, 3, 50),
    10: Modality("Manifestação de Interesse", 1, 5, 1, 42),
    11: Modality("Pré-qualificação", 1, 5, 1, 43),
    12: Modality("Credenciamento", 85, 5, 1, 41),
    13: Modality("Leilão - Presencial", 4, 2, 1, 6),
    14: Modality("Inaplicabilidade da Licitação", 8, 5, 3, 80),
    15: Modality("Chamada pública", 6, 5, 1, 81),
    LATER_MODALITY: Modality("Modalidade criada depois desta versão", 20, 5, 1, 99),
}
DISPUTES = {
    1: "Aberto",
    2: "Fechado",
    3: "Aberto-Fechado",
    4: "Dispensa Com Disputa",
    5: "Não se aplica",
    6: "Fechado-Aberto",
}
INSTRUMENTS = {
    1: "Edital",
    2: "Aviso de Contratação Direta",
    3: "Ato que autoriza a Contratação Direta",
}
SUPPORTS = {
    1: ("Lei 14.133/2021, Art. 28, I", "pregão: obrigatório para bens e serviços comuns"),
    2: ("Lei 14.133/2021, Art. 28, II", "concorrência"),
    3: ("Lei 14.133/2021, Art. 28, III", "concurso"),
    5: ("Lei 14.133/2021, Art. 28, V", "diálogo competitivo"),
    6: ("Lei 14.133/2021, Art. 28, IV", "leilão"),
    19: ("Lei 14.133/2021, Art. 75, II", "dispensa: valor abaixo do limite, outros serviços e compras"),
    41: ("Lei 14.133/2021, Art. 79, I", "credenciamento: contratações paralelas e não excludentes"),
    42: ("Lei 14.133/2021, Art. 81", "procedimento de manifestação de interesse"),
    43: ("Lei 14.133/2021, Art. 80", "pré-qualificação"),
    50: ("Lei 14.133/2021, Art. 74, caput", "inexigibilidade: competição inviável"),
    80: ("Lei 13.303/2016, Art. 28, §3º", "inaplicabilidade da licitação"),
    81: ("Lei 11.947/2009, Art. 14, §1º", "chamada pública: agricultura familiar"),
    99: ("Norma posterior", "amparo ainda sem descrição"),
}
SITUATIONS = {1: "Divulgada no PNCP", 2: "Revogada", 3: "Anulada", 4: "Suspensa"}
ITEM_SITUATIONS = {1: "Em andamento", 2: "Homologado", 3: "Anulado/Revogado/Cancelado", 4: "Deserto", 5: "Fracassado"}
BENEFITS = {
    1: "Participação exclusiva para ME/EPP",
    2: "Subcontratação para ME/EPP",
    3: "Cota reservada para ME/EPP",
    4: "Sem benefício",
    5: "Não se aplica",
}
CRITERIA = {1: "Menor preço", 2: "Maior desconto", 4: "Técnica e preço", 7: "Não se aplica"}
COMPANY_SIZES = {1: "ME", 2: "EPP", 3: "Demais", 4: "Não se aplica"}
CONTRACT_TYPES = {1: "Contrato (termo inicial)", 7: "Empenho", 12: "Carta Contrato"}
PROCESS_CATEGORIES = {2: "Compras", 3: "Informática (TIC)", 7: "Obras", 8: "Serviços", 9: "Serviços de Engenharia"}
INVOICE_TYPES = {1: "Nota Fiscal Eletrônica", 2: "Recibo", 3: "Fatura"}
FUNDING_SOURCES = {1: "Municipal", 2: "Estadual", 3: "Federal", 4: "Organismo internacional"}
PLAN_CATEGORIES = {1: "Material", 2: "Serviço", 3: "Obra", 5: "Soluções de TIC"}
