"""E-mail by SMTP. The mail server is the installation's own word, so no guard stands before it."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib

from malha.db.jsonb import clean_text
from malha.notifications.client.outcomes import Outcome
from malha.notifications.settings import MailSecurity, MailSettings

FIRST_PERMANENT = 500
_LOGIN_REFUSED = frozenset({530, 534, 535, 538})
"""What is wrong then is our settings, which somebody will repair: no fault of the address."""


async def send_mail(settings: MailSettings, message: EmailMessage) -> Outcome:
    """Hand a letter to the mail server. A refusal with 5xx is for good (RFC 5321, 4.2.1), all else may pass."""
    try:
        _, answer = await aiosmtplib.send(
            message,
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=settings.password.get_secret_value() or None,
            use_tls=settings.security is MailSecurity.TLS,
            start_tls=settings.security is MailSecurity.STARTTLS,
            timeout=settings.timeout_seconds,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        [refused] = error.recipients
        return _refused(refused.code, refused.message)
    except aiosmtplib.SMTPResponseException as error:
        return _refused(error.code, error.message)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Outcome(error=clean_text(f"{settings.host}: {error or type(error).__name__}"))
    return Outcome(status=250, excerpt=clean_text(answer))


def _refused(code: int, words: str) -> Outcome:
    is_hopeless = code >= FIRST_PERMANENT and code not in _LOGIN_REFUSED
    return Outcome(
        status=code, excerpt=clean_text(words), error=f"the mail server answered {code}", is_hopeless=is_hopeless
    )
