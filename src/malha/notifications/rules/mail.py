"""A letter as an e-mail: plain text and HTML that say the same, with the headers that mail programs look for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from malha.notifications.rules.notices import Language, Letter

MOST_SUBJECT = 200
_LEAVE = {"pt": "Parar de receber estes avisos", "en": "Stop these notifications"}
_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.5;color:#1a1a1a;max-width:42em"


def one_line(text: str, most: int = MOST_SUBJECT) -> str:
    """Text as a header may hold it: no line breaks or control characters, and not endless."""
    plain = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def compose(
    letter: Letter,
    *,
    language: Language,
    sender: tuple[str, str],
    recipient: str,
    message_id: str,
    at: datetime,
    leave_link: str,
) -> EmailMessage:
    """The message. `message_id` is the same for each try, so that mailboxes can tell a repetition."""
    name, address = sender
    user, _, domain = address.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(name), user, domain)
    message["To"] = recipient
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{domain}>"
    message["Content-Language"] = "pt-BR" if language == "pt" else "en"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers to it
    if leave_link:
        message["List-Unsubscribe"] = f"<{leave_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content("\n".join(_text(letter, language, leave_link)) + "\n", cte="quoted-printable")
    message.add_alternative("\n".join(_html(letter, language, leave_link)), subtype="html", cte="quoted-printable")
    return message


def _text(letter: Letter, language: Language, leave_link: str) -> Sequence[str]:
    lines = [letter.opening]
    for entry in letter.entries:
        lines += ["", f"* {entry.title}", *(f"  {line}" for line in entry.lines)]
        lines += [f"  {entry.link}"] if entry.link else []
    lines += ["", letter.closing] if letter.closing else []
    return [*lines, "", "--", f"{_LEAVE[language]}: {leave_link}"] if leave_link else lines


def _html(letter: Letter, language: Language, leave_link: str) -> Sequence[str]:
    lines = [f'<html lang="{"pt-BR" if language == "pt" else "en"}"><body style="{_STYLE}">']
    lines.append(f"<p>{escape(letter.opening)}</p>")
    for entry in letter.entries:
        title = escape(entry.title)
        shown = f'<a href="{escape(entry.link)}">{title}</a>' if entry.link else title
        lines.append(f"<p><strong>{shown}</strong>")
        lines += [f"<br>{escape(line)}" for line in entry.lines]
        lines.append("</p>")
    if letter.closing:
        lines.append(f"<p>{escape(letter.closing)}</p>")
    if leave_link:
        lines.append(f'<hr><p><small><a href="{escape(leave_link)}">{_LEAVE[language]}</a></small></p>')
    return [*lines, "</body></html>"]
