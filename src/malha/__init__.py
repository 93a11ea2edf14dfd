"""Malha: fiscal and procurement work for Brazil on one job engine."""

__version__ = "0.1.0"
