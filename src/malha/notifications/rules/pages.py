"""The small page behind a letter's link: a question and a button, in both languages, that need no script."""

from __future__ import annotations

from malha.notifications.rules.links import Purpose

_QUESTIONS = {
    Purpose.CONFIRM: ("Receber avisos neste endereço de e-mail?", "Get notifications at this e-mail address?"),
    Purpose.UNSUBSCRIBE: ("Parar de receber avisos?", "Stop notifications?"),
}
_STYLE = "font-family:sans-serif;max-width:32em;margin:4em auto;padding:0 1em;line-height:1.5"


def link_page(purpose: Purpose) -> str:
    """The page; its form goes back to its own address."""
    portuguese, english = _QUESTIONS[purpose]
    return f"""<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Malha</title></head>
<body style="{_STYLE}"><h1>Malha</h1><p>{portuguese}<br><span lang="en">{english}</span></p>
<form method="post"><button>Sim / Yes</button></form></body></html>
"""
