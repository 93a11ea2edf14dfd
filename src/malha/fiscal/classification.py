"""What kind of operation a note is and which line of business it belongs to, by the votes of its items."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from malha.fiscal.documents import Note

NO_COST_CENTER = "Não Alocado"
GENERIC_SECTOR = "Comércio em Geral"
OTHER = "Outros"

# The longest prefix that matches decides. Transfers are x15x, x552 and x557 besides the whole of x555's group.
_OPERATIONS = {
    "1": "Compra",
    "2": "Compra",
    "3": "Compra",
    "5": "Venda",
    "6": "Venda",
    "7": "Venda",
    "12": "Devolução",
    "22": "Devolução",
    "52": "Devolução",
    "62": "Devolução",
    "72": "Devolução",
    "13": "Serviço",
    "23": "Serviço",
    "14": "Compra",
    "24": "Compra",
    "115": "Transferência",
    "215": "Transferência",
    "515": "Transferência",
    "615": "Transferência",
    "155": "Transferência",
    "255": "Transferência",
    "555": "Transferência",
    "655": "Transferência",
    "5933": "Serviço",
    "6933": "Serviço",
}

# Sections and chapters of the Mercosur nomenclature; four digits win over two.
_SECTORS = {
    "2710": "Combustíveis",
    "2711": "Combustíveis",
    "3004": "Farmacêutico",
    "3808": "Agronegócio",
    "8471": "Informática",
    "8517": "Telecomunicações",
    "8703": "Automotivo",
    "8708": "Automotivo",
    **dict.fromkeys(("01", "06", "07", "08", "10", "12", "31"), "Agronegócio"),
    **dict.fromkeys(("02", "03", "04", "09", "11", "15", "16", "17", "18", "19", "20", "21"), "Alimentos"),
    "22": "Bebidas",
    "24": "Tabaco",
    "25": "Mineração",
    "26": "Mineração",
    "27": "Combustíveis",
    "28": "Químico",
    "29": "Químico",
    "30": "Farmacêutico",
    "32": "Químico",
    "33": "Cosméticos e Higiene",
    "34": "Cosméticos e Higiene",
    "38": "Químico",
    "39": "Plásticos e Borracha",
    "40": "Plásticos e Borracha",
    "44": "Madeira e Papel",
    "47": "Madeira e Papel",
    "48": "Madeira e Papel",
    "49": "Editorial e Gráfico",
    **dict.fromkeys([str(chapter) for chapter in range(50, 64)], "Têxtil e Vestuário"),
    "64": "Calçados",
    "68": "Construção",
    "69": "Construção",
    "70": "Construção",
    **dict.fromkeys([str(chapter) for chapter in (*range(72, 77), *range(78, 84))], "Metalurgia"),
    "84": "Máquinas e Equipamentos",
    "85": "Eletroeletrônicos",
    **dict.fromkeys(("86", "87", "88", "89"), "Automotivo"),
    "90": "Instrumentos e Saúde",
    "94": "Móveis",
    "95": "Brinquedos e Esportes",
}


@dataclass(frozen=True, slots=True)
class Classification:
    """The winning operation, its share of the votes (0 to 1), and the sector of most items."""

    operation_type: str
    business_sector: str
    confidence: float
    cost_center: str = NO_COST_CENTER

    def as_json(self) -> dict[str, str | float]:
        """The seed's names for it."""
        return {
            "operationType": self.operation_type,
            "businessSector": self.business_sector,
            "confidence": self.confidence,
            "costCenter": self.cost_center,
        }


def classify(note: Note) -> Classification:
    """Each item votes with its CFOP and its NCM; the first seen wins a draw."""
    operations = Counter(_longest(_OPERATIONS, item.cfop, OTHER) for item in note.items)
    sectors = Counter(_longest(_SECTORS, item.ncm, GENERIC_SECTOR) for item in note.items)
    if not operations:
        return Classification(OTHER, GENERIC_SECTOR, 0.0)
    operation, votes = operations.most_common(1)[0]
    return Classification(operation, sectors.most_common(1)[0][0], round(votes / operations.total(), 4))


def _longest(table: dict[str, str], code: str | None, default: str) -> str:
    for length in range(min(len(code or ""), 4), 0, -1):
        found = table.get((code or "")[:length])
        if found is not None:
            return found
    return default
