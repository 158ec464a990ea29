"""Why a library is proposed, in plain words."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def sentence(reason: dict[str, Any], library: str) -> str:
    """One reason of a ranking, as an inbox item or a filing keeps it."""
    code, value = reason["code"], reason.get("value", "")
    numbers = {"yes": reason.get("yes", 0), "of": reason.get("of", 0), "library": library}
    if code == "only":
        return _("It is the only library things can go to by themselves.")
    if code == "usual":
        return _("No rule fits, and this is the usual library.")
    if code == "written":
        return _("A rule that you wrote says so.")
    if code == "chosen":
        return _("It was chosen at the import.")
    if code in {"channel", "uploader"}:
        words = ngettext(
            "%(yes)d of %(of)d from %(name)s went to %(library)s.",
            "%(yes)d of %(of)d from %(name)s went to %(library)s.",
            numbers["of"],
        )
        return words % (numbers | {"name": value})
    if code == "platform":
        words = ngettext(
            "%(yes)d of %(of)d from the site %(name)s went to %(library)s.",
            "%(yes)d of %(of)d from the site %(name)s went to %(library)s.",
            numbers["of"],
        )
        return words % (numbers | {"name": value})
    if code == "tag":
        words = ngettext(
            "%(yes)d of %(of)d with the tag “%(name)s” went to %(library)s.",
            "%(yes)d of %(of)d with the tag “%(name)s” went to %(library)s.",
            numbers["of"],
        )
        return words % (numbers | {"name": value})
    if code in {"media_kind", "band"}:
        return _group(code, value) % numbers
    return _("Nothing like this has been filed yet.")


def _group(code: str, value: str) -> str:
    """The sentence about a kind or a length, with its numbers still open."""
    return {
        ("media_kind", "video"): _("%(yes)d of %(of)d videos went to %(library)s."),
        ("media_kind", "audio"): _("%(yes)d of %(of)d pieces of audio went to %(library)s."),
        ("band", "short"): _("%(yes)d of %(of)d under 4 minutes went to %(library)s."),
        ("band", "medium"): _("%(yes)d of %(of)d between 4 and 20 minutes went to %(library)s."),
        ("band", "long"): _("%(yes)d of %(of)d over 20 minutes went to %(library)s."),
    }.get((code, value), _("%(yes)d of %(of)d like this went to %(library)s."))


def first_sentence(reasons: list[dict[str, Any]], library: str) -> str:
    """The strongest reason; empty when none was kept."""
    return sentence(reasons[0], library) if reasons else ""
