"""Gives a letter to a mail server.

The server is an operator's choice and is trusted for exactly its host and port. What goes wrong
before the letter was handed over is told apart from what leaves open whether it was taken.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.policy import SMTP
from email.utils import formataddr
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Transient

_TIMEOUT_S = 20


@dataclass(frozen=True)
class MailServer:
    """Where letters are given. `security` is none, starttls or tls."""

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = ""


@dataclass(frozen=True)
class Letter:
    """One letter to one person. `message_id` lets the reader's program see a copy as one."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe: str = ""


class MailRefused(AppError):
    """The server does not take the letter, and will not later either."""

    code, status, sentence = "mail_refused", 422, _("The mail server did not take the mail.")


class MailBusy(Transient):
    """The server cannot be reached or asks to come back."""

    code, status = "mail_unreachable", 503
    sentence = _("The mail server could not be reached.")


class MailUnsure(AppError):
    """The connection broke while the letter was handed over: it may have been taken or not."""

    code, status = "mail_unsure", 502
    sentence = _(
        "The mail server was cut off in the middle. The mail may have been sent, "
        "so it is not sent again."
    )


class _SevenBit(EmailMultiAlternatives):
    """Django leaves letters of other alphabets in eight bits, which it does not tell the server."""

    def message(self, *, policy: Any = None) -> Any:
        return super().message(policy=(policy or SMTP).clone(cte_type="7bit"))


def send(server: MailServer, letter: Letter, *, may_go: Callable[[], bool] | None = None) -> bool:
    """Hands the letter over; False when `may_go`, asked at the last moment, says no.

    Raises MailRefused or MailBusy when the letter was not taken, MailUnsure when nobody can know.
    """
    backend = EmailBackend(
        alias="videorama",
        host=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.security == "starttls",
        use_ssl=server.security == "tls",
        timeout=_TIMEOUT_S,
    )
    try:
        message = _message(letter)
        _open(backend)
        if may_go is not None and not may_go():
            return False
        _hand_over(backend, message)
    finally:
        with suppress(OSError):  # What matters is over by now.
            backend.close()
    return True


def _message(letter: Letter) -> EmailMultiAlternatives:
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
    return _SevenBit(
        subject=" ".join(letter.subject.split()),
        body=letter.text,
        from_email=formataddr(("Videorama", letter.sender)),
        to=[letter.to],
        headers=headers,
        alternatives=[(letter.html, "text/html")],
    )


def _open(backend: EmailBackend) -> None:
    try:
        backend.open()
    except smtplib.SMTPAuthenticationError as error:
        sentence = _("The mail server does not accept this user name and password.")
        raise _answered(error, sentence) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error) from error
    except smtplib.SMTPNotSupportedError as error:
        sentence = _("The mail server does not offer this encryption or way to sign in.")
        raise MailRefused(sentence, technical=repr(error)) from error
    except ssl.SSLError as error:
        sentence = _("The encryption of the mail server cannot be trusted, or it has none.")
        raise MailRefused(sentence, technical=repr(error)) from error
    except UnicodeError as error:
        sentence = _("Server, user name and password of mail may hold plain letters only.")
        raise MailRefused(sentence, technical=repr(error)) from error
    except OSError as error:
        raise MailBusy(technical=repr(error)) from error


def _hand_over(backend: EmailBackend, message: EmailMultiAlternatives) -> None:
    try:
        backend.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        sentence = _("The mail server does not take mail for this address.")
        raise _answered(smtplib.SMTPResponseException(code, said), sentence) from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error) from error
    except (ValueError, smtplib.SMTPNotSupportedError) as error:
        sentence = _("The sender or the recipient is no address that mail can go to.")
        raise MailRefused(sentence, technical=repr(error)) from error
    except OSError as error:
        raise MailUnsure(technical=repr(error)) from error


def _answered(error: smtplib.SMTPResponseException, sentence: object = "") -> AppError:
    """What a number means: 4xx passes, 5xx stays."""
    if 400 <= error.smtp_code < 500:
        busy = _("The mail server asks to try again later.")
        return MailBusy(busy, technical=repr(error))
    return MailRefused(str(sentence), technical=repr(error))
