"""Lengths, places and shares as people read them, for the templates of every room."""

import math
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext_lazy

register = template.Library()

# German declines what follows its "ago": 2 Tage, but vor 2 Tagen.
_AGO: dict[str, Any] = {
    "year": npgettext_lazy("ago", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("ago", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("ago", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("ago", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("ago", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("ago", "%(num)d minute", "%(num)d minutes", "num"),
}


@register.filter
def clock(seconds: float | None) -> str:
    """12:48 or 1:04:22; empty for an unknown length."""
    if seconds is None:
        return ""
    whole = max(0, math.floor(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def playing_time(seconds: float | None) -> str:
    """How long it all takes in one unit: 842 hours, 12 minutes, 40 seconds."""
    total = seconds or 0
    if total >= 5400:
        hours = round(total / 3600)
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": f"{hours:,}"}
    if total >= 60:
        minutes = round(total / 60)
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    rest = round(total)
    return ngettext("%(count)s second", "%(count)s seconds", rest) % {"count": rest}


@register.filter
def left_of(duration_s: float | None, position_s: float) -> str:
    """What is left to play: 32 min left."""
    rest = max(0.0, (duration_s or 0) - position_s)
    if rest < 60:
        return _("Less than a minute left")
    minutes = round(rest / 60)
    said = ngettext("%(minutes)s min left", "%(minutes)s min left", minutes)
    return said % {"minutes": minutes}


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """`part` of `whole` as a percentage for a style, with a point whatever the language."""
    if not part or not whole:
        return "0%"
    return f"{min(100.0, max(0.0, 100 * part / whole)):.1f}%"


@register.filter
def filled(progress: float, stage: Any) -> str:
    """How much of a job's stage lies behind its overall progress, as a percentage for a style."""
    return share(progress - stage.start, stage.end - stage.start)


@register.filter
def seconds(milliseconds: int) -> str:
    """Milliseconds as plain seconds for attributes, with a point whatever the language."""
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")


@register.filter
def plain(number: float | None) -> str:
    """A number for attributes and styles, never with a decimal comma."""
    return f"{number or 0:.3f}".rstrip("0").rstrip(".")


@register.filter
def age(moment: datetime) -> str:
    """How long ago, in its largest unit: 2 days ago."""
    if timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, time_strings=_AGO, depth=1)}


@register.filter
def days_left(moment: datetime) -> str:
    """How long until then, in days: 12 days left."""
    days = math.ceil((moment - timezone.now()).total_seconds() / 86400)
    if days < 1:
        return _("less than a day left")
    return ngettext("%(count)s day left", "%(count)s days left", days) % {"count": days}


@register.filter
def thousandth(milliseconds: int) -> float:
    """Milliseconds as seconds, for `clock`."""
    return milliseconds / 1000
