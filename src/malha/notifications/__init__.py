"""Telling people and systems outside what has happened: live, by signed webhooks, by e-mail."""
