"""What the settings know of this room: the server that mail is given to."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from videorama.errors import Invalid
from videorama.preferences.registry import Preference, Section

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*|[0-9a-fA-F:]+")


def _is_host(value: Any) -> None:
    if value and not _HOST.fullmatch(value):
        raise Invalid(gettext("Enter a host name without port, such as mail.example.org."))


def _is_address(value: Any) -> None:
    try:
        if value:
            validate_email(value)
    except ValidationError:
        raise Invalid(gettext("Enter an address such as videos@example.org.")) from None


def _is_plain(value: Any) -> None:
    """Python's client cannot send other letters when it signs in."""
    if not value.isascii():
        raise Invalid(gettext("Mail servers take plain letters, digits and signs only."))


SECTION = Section(
    "mail",
    _("E-mail"),
    "send",
    60,
    help=_("Through this server people get mail of what they chose to hear of."),
)
PREFERENCES = (
    Preference(
        "mail.host",
        _("Mail server"),
        "text",
        "",
        help=_("A host name, such as mail.example.org. Without one no mail is sent."),
        check=_is_host,
    ),
    Preference("mail.port", _("Port"), "number", 587, low=1, high=65535),
    Preference(
        "mail.security",
        _("Encryption"),
        "choice",
        "starttls",
        help=_("STARTTLS is usual on port 587, TLS on 465."),
        choices=(("none", _("None")), ("starttls", "STARTTLS"), ("tls", "TLS")),
    ),
    Preference("mail.username", _("User name"), "text", "", check=_is_plain),
    Preference("mail.password", _("Password"), "secret", "", check=_is_plain),
    Preference(
        "mail.sender",
        _("Sender"),
        "text",
        "",
        help=_("The address that mail comes from, such as videos@example.org."),
        check=_is_address,
    ),
)
