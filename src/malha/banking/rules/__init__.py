"""Statements read, entries told apart, payments found: calculations without any I/O."""
