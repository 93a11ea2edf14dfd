"""Words of objects and items, skewed as real ones: "aquisição" stands in a third of all objects."""

from __future__ import annotations

from typing import NamedTuple

from malha.simulators.pncp.dice import Dice

_OPENINGS = (
    "Aquisição de",
    "Aquisição de",
    "Aquisição parcelada de",
    "Registro de preços para eventual fornecimento de",
    "Contratação de empresa especializada em",
    "Contratação de serviços de",
    "Prestação de serviços continuados de",
    "Locação de",
    "Manutenção preventiva e corretiva de",
)
_PURPOSES = (
    "para atender às necessidades das secretarias municipais",
    "para a rede pública de saúde",
    "para as escolas da rede de ensino",
    "destinados à merenda escolar",
    "conforme condições e exigências do edital e seus anexos",
    "para a manutenção da frota de veículos",
    "por meio do Sistema de Registro de Preços (SRP)",
)
_RARE = (
    "cromatógrafo",
    "dosímetro",
    "paquímetro",
    "gonioscópio",
    "teodolito",
    "higrotermógrafo",
    "fluorescência de raio-X",
    "criostato",
)


class Product(NamedTuple):
    """Something bought again and again."""

    name: str
    unit: str
    price: float
    """What it costs on average, in reais."""
    ncm: str | None
    catalogue: str | None
    is_service: bool = False


PRODUCTS = (
    Product("gêneros alimentícios: arroz tipo 1", "PACOTE 5 KG", 27.9, "10063021", "458908"),
    Product("medicamentos: dipirona sódica 500 mg", "COMPRIMIDO", 0.14, "30049099", "267203"),
    Product("papel sulfite A4 75 g/m²", "RESMA", 24.5, "48025610", "461853"),
    Product("combustível: óleo diesel S10", "LITRO", 6.1, "27101921", "461506"),
    Product("material de limpeza: água sanitária", "FRASCO 1 L", 3.4, "28289011", "299605"),
    Product("luvas de procedimento, látex, tamanho M", "CAIXA 100 UN", 22.0, "40151900", "269893"),
    Product("computador de mesa, 16 GB de memória", "UNIDADE", 4300.0, "84715010", "472072"),
    Product("pneus 175/70 R13", "UNIDADE", 310.0, "40111000", "441372"),
    Product("transporte escolar", "QUILÔMETRO", 6.8, None, None, is_service=True),
    Product("limpeza e conservação predial", "MÊS", 38_000.0, None, None, is_service=True),
    Product("engenharia: pavimentação asfáltica", "METRO QUADRADO", 148.0, None, None, is_service=True),
    Product("vigilância armada", "POSTO/MÊS", 14_900.0, None, None, is_service=True),
    Product("passagens aéreas nacionais", "UNIDADE", 950.0, None, None, is_service=True),
    Product("show artístico", "APRESENTAÇÃO", 60_000.0, None, None, is_service=True),
    Product("dieta enteral sistema fechado", "MILILITRO", 0.09, "21069090", None),
    Product("reagentes para laboratório", "KIT", 820.0, "38221990", None),
)


def describe_object(dice: Dice, product: Product) -> str:
    """The object of a procurement."""
    rare = f", inclusive {dice.pick(_RARE)}" if dice.below(200) == 0 else ""
    return f"{dice.pick(_OPENINGS)} {product.name}{rare}, {dice.pick(_PURPOSES)}."
