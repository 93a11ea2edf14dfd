"""Malha: fiscal and procurement work for Brazil on one job engine."""
