"""Queries of schedules and their runs."""
