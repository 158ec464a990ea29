"""What an administrator sets about backups, and what the page shows of them."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from videorama.backup import queries
from videorama.preferences.registry import Preference, Section

SECTION = Section(
    "backups",
    _("Backups"),
    "database",
    80,
    help=_(
        "A backup holds everything but the media themselves: people, entries, tags, settings, the "
        "ledger, and a list of all media with their hashes. Back up the media folders with a tool "
        "of your choice, and keep backups on another machine, too."
    ),
)
PREFERENCES = (
    Preference(
        queries.EVERY,
        _("Make backups by itself"),
        "choice",
        "off",
        choices=(("off", _("Never")), ("daily", _("Every day")), ("weekly", _("Every week"))),
    ),
    Preference(
        queries.KEEP,
        _("Backups to keep"),
        "number",
        7,
        low=1,
        high=1000,
        help=_("After each new one made here the oldest beyond this number are removed."),
    ),
)


def panel(request: HttpRequest) -> dict[str, Any]:
    """The backups that are there, and how the last one went."""
    return {
        "folder": queries.folder(),
        "kept": queries.kept(),
        "open": queries.open_job(),
        "problem": queries.problem(timezone.now()),
    }
