"""CSV statements: delimiter, header, decimal mark, date order and direction are found out, or given by a mapping."""

from malha.banking.rules._csv._mapping import CsvMapping
from malha.banking.rules._csv._reading import read_csv

__all__ = ["CsvMapping", "read_csv"]
