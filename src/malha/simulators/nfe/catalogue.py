"""What the invented companies sell: real NCM and CEST codes, invented brands and prices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """``cest`` is for goods under tax substitution only (Convênio ICMS 142/18), ``fuel_code`` (ANP) for fuels."""

    name: str
    ncm: str
    unit: str
    lowest_price: str
    highest_price: str
    cest: str | None = None
    fuel_code: str | None = None


COMMON = (
    Product("Notebook de exemplo 14 polegadas", "84713012", "UN", "2100.00", "5400.00"),
    Product("Mesa de madeira inventada", "94036000", "UN", "280.00", "1900.00"),
    Product("Caderno pautado de amostra 96 folhas", "48202000", "UN", "6.50", "29.90"),
    Product("Jarra plástica fictícia 2 L", "39241000", "UN", "9.90", "45.00"),
    Product("Camiseta de algodão imaginária", "61091000", "UN", "19.90", "89.00"),
    Product("Café torrado em grão hipotético", "09012100", "KG", "32.00", "95.00"),
    Product("Parafuso de aço simulado M8", "73181500", "CT", "18.00", "64.00"),
    Product("Transformador de corrente de amostra", "85043111", "UN", "150.00", "870.00"),
)
SUBSTITUTED = (
    Product("Pneu de passeio fictício aro 14", "40111000", "UN", "240.00", "690.00", "1600100"),
    Product("Cimento Portland de exemplo 50 kg", "25232910", "SC", "28.00", "46.00", "0500100"),
    Product("Xampu imaginário 350 mL", "33051000", "UN", "8.90", "39.00", "2001700"),
)
FUELS = (Product("Gasolina C comum de exemplo", "27101259", "L", "5.40", "6.90", "0600201", "320102001"),)
SERVICES = (Product("Instalação de amostra no local do cliente", "00", "UN", "150.00", "900.00"),)
