"""Values of settings: read from what was typed or sent, and shown without giving secrets away."""

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from videorama.errors import Invalid

if TYPE_CHECKING:
    from videorama.preferences.registry import Preference

MAX_LENGTH = 500
_STARS = "*" * 8
# Below this length the seven shown characters would be half of the secret.
_SHORT = 16
_TRUE = {"1", "true", "on", "yes"}
_FALSE = {"", "0", "false", "off", "no"}


def masked(secret: str) -> str:
    """First four, stars, last three; stars alone for a short one, and nothing for none."""
    if not secret:
        return ""
    return _STARS if len(secret) < _SHORT else f"{secret[:4]}{_STARS}{secret[-3:]}"


def parsed(preference: "Preference", raw: Any) -> Any:
    """The value as it is kept; Invalid with a sentence for what cannot be."""
    reader = {
        "text": _text,
        "secret": _secret,
        "address": _address,
        "number": _number,
        "flag": _flag,
        "choice": _choice,
    }[preference.kind]
    value = reader(preference, raw)
    if preference.check is not None:
        preference.check(value)
    return value


def _text(preference: "Preference", raw: Any) -> str:
    if not isinstance(raw, str):
        raise Invalid(_("Send this as text."))
    text = raw.strip()
    if len(text) > MAX_LENGTH:
        raise Invalid(_("At most %(number)s characters fit here.") % {"number": MAX_LENGTH})
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise Invalid(_("Line breaks and control characters do not belong here."))
    return text


def _secret(preference: "Preference", raw: Any) -> str:
    text = _text(preference, raw)
    if _STARS in text:
        raise Invalid(_("This is the masked form, changed. Enter the whole secret."))
    return text


def _address(preference: "Preference", raw: Any) -> str:
    text = _text(preference, raw)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in preference.schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
        parts = None
    if not is_good or parts is None or re.search(r"\s", text):
        wanted = ", ".join(f"{scheme}://" for scheme in preference.schemes)
        raise Invalid(
            _("Enter an address that begins with one of these: %(schemes)s") % {"schemes": wanted}
        )
    if "@" in parts.netloc:
        raise Invalid(_("Name and password have fields of their own; leave them out here."))
    if parts.query or parts.fragment:
        raise Invalid(_("Leave out everything from the question mark on."))
    return text.rstrip("/")


def _number(preference: "Preference", raw: Any) -> float:
    number: float
    try:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise ValueError
        number = float(raw.strip().replace(",", ".") if isinstance(raw, str) else raw)
        if not math.isfinite(number):
            raise ValueError
    except (ValueError, OverflowError):
        raise Invalid(_("Enter a number.")) from None
    if preference.is_whole and number != int(number):
        raise Invalid(_("Enter a whole number."))
    low, high = preference.low, preference.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise Invalid(_out_of_range(low, high))
    return int(number) if preference.is_whole else number


def _out_of_range(low: float | None, high: float | None) -> str:
    if low is None:
        return _("Enter a number up to %(high)g.") % {"high": high}
    if high is None:
        return _("Enter a number from %(low)g.") % {"low": low}
    return _("Enter a number from %(low)g to %(high)g.") % {"low": low, "high": high}


def _flag(preference: "Preference", raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _TRUE | _FALSE:
        return raw.strip().lower() in _TRUE
    raise Invalid(_("Send true or false."))


def _choice(preference: "Preference", raw: Any) -> str:
    if isinstance(raw, str) and raw in {value for value, _label in preference.offered()}:
        return raw
    raise Invalid(_("Choose one of the offered values."))
