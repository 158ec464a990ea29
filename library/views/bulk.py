"""Changing many entries of a list at once."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from library import queries, services
from library.errors import NothingSelected
from library.forms import FilterForm, RemovalForm, tag_names
from library.models import BulkChange, BulkKind, Entry
from library.services import BulkResult
from videorama.accounts.auth import caller
from videorama.errors import Conflict, Invalid, NotAllowed, NotFound
from videorama.pages import back, render_page, say

# What the buttons of the bar say, as a kind of change and its value.
_MARKS = {
    "favorite": (BulkKind.FAVORITE, True),
    "unfavorite": (BulkKind.FAVORITE, False),
    "watched": (BulkKind.WATCHED, True),
    "unwatched": (BulkKind.WATCHED, False),
}
_ASKING = {BulkKind.TAGS, BulkKind.MOVE, BulkKind.DELETE}


@require_POST
def bulk_form(request: HttpRequest) -> HttpResponse:
    """Asks what a change needs to know, where no script opened its dialog."""
    return _form(request)


@require_POST
def bulk_change(request: HttpRequest) -> HttpResponse:
    """Changes what is selected, by ids or by the filter that shows it."""
    asked = request.POST.get("kind", "")
    try:
        kind, params = _wanted(request, asked)
        result = services.change_many(
            user=caller(request), kind=kind, entries=_selected(request), params=params
        )
    except NothingSelected as error:
        say(request, error.message, "warn")
        return redirect(_next(request))
    except (Conflict, Invalid) as error:
        if asked not in _ASKING:
            raise
        return _form(request, error.message, status=error.status)
    _tell(request, asked, result)
    return redirect(_next(request))


@require_POST
def bulk_undo(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Takes a change of the asker's own back."""
    change = BulkChange.objects.filter(uuid=change_id, user=caller(request)).first()
    if change is None:
        raise NotFound
    result = services.undo_change(user=caller(request), change=change)
    if result.job is not None:
        say(request, _("Taking it back; the job shows how far it is."), "info")
    elif result.changed or not result.failed:
        say(request, _("Undone"))
    if result.failed:
        lost = ngettext(
            "%(count)s entry could not be taken back: its file is gone or there again.",
            "%(count)s entries could not be taken back: their files are gone or there again.",
            result.failed,
        )
        say(request, lost % {"count": result.failed}, "warn")
    return redirect(back(request, reverse("library:entry_list")))


def _form(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in _ASKING:
        raise Invalid(details={"field": "kind", "known": sorted(_ASKING)})
    shelves = queries.editable_libraries_for(request.user)
    if not shelves.exists():
        raise NotAllowed(_("Your account may watch, but not change entries."))
    entries = _selected(request)
    count = entries.count()
    if not count:
        say(request, NothingSelected().message, "warn")
        return redirect(_next(request))
    context = {
        "kind": kind,
        "count": count,
        "error": error,
        "shown": list(entries.order_by("-added_at", "-pk")[:5]),
        "given": request.POST,
        "chosen": _ids(request),
        "next": _next(request),
        "shelves": shelves,
    }
    return render_page(request, "library/bulk_form.html", context, status=status)


def _wanted(request: HttpRequest, asked: str) -> tuple[str, dict[str, Any]]:
    if asked in _MARKS:
        kind, value = _MARKS[asked]
        return kind, {"value": value}
    if asked == BulkKind.TAGS:
        given = request.POST
        return asked, {
            "add": tag_names(given.getlist("add")),
            "remove": tag_names(given.getlist("remove")),
        }
    if asked == BulkKind.MOVE:
        if not request.POST.get("library"):
            raise Invalid(_("Choose the library to move to."))
        return asked, {"library": request.POST["library"]}
    if asked == BulkKind.DELETE:
        form = RemovalForm(request.POST)
        if not form.is_valid():
            raise Invalid(" ".join(str(one) for line in form.errors.values() for one in line))
        return asked, {"with_files": form.with_files}
    raise Invalid(details={"field": "kind"})


def _selected(request: HttpRequest) -> QuerySet[Entry]:
    """By ids, or everything that the filter shows."""
    if not request.POST.get("everything"):
        return queries.entries_for(request.user).filter(uuid__in=_ids(request))
    slug = request.POST.get("shelf", "")
    library = queries.library_by_slug(request.user, slug) if slug else None
    form = FilterForm(QueryDict(request.POST.get("query", "")))
    return queries.listed_entries(request.user, form.filters(library))


def _ids(request: HttpRequest) -> list[str]:
    found = []
    for text in request.POST.getlist("entry"):
        try:
            found.append(str(UUID(text)))
        except ValueError:
            continue
    return found


def _next(request: HttpRequest) -> str:
    """Where the list is that the entries were selected in."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None):
        return wanted
    return back(request, reverse("library:entry_list"))


def _tell(request: HttpRequest, asked: str, result: BulkResult) -> None:
    """One toast with what was done and its undo, and one for what was left out."""
    undo = reverse("library:bulk_undo", args=[result.change.uuid])
    if result.job is not None:
        say(request, _("This is being done; the job shows how far it is."), "info", undo=undo)
    elif not result.changed:
        say(request, _("Nothing had to be changed."), "info")
    else:
        say(request, _sentence(asked, result.changed), undo=undo)
    if result.skipped:
        left_out = ngettext(
            "%(count)s entry stays as it is: you may not change it.",
            "%(count)s entries stay as they are: you may not change them.",
            result.skipped,
        )
        say(request, left_out % {"count": result.skipped}, "warn")


def _sentence(asked: str, count: int) -> str:
    sentences = {
        "tags": ngettext(
            "Tags of %(count)s entry changed", "Tags of %(count)s entries changed", count
        ),
        "favorite": ngettext(
            "%(count)s entry is a favourite now", "%(count)s entries are favourites now", count
        ),
        "unfavorite": ngettext(
            "%(count)s entry is no favourite any more",
            "%(count)s entries are no favourites any more",
            count,
        ),
        "watched": ngettext(
            "%(count)s entry marked as watched", "%(count)s entries marked as watched", count
        ),
        "unwatched": ngettext(
            "%(count)s entry marked as not watched",
            "%(count)s entries marked as not watched",
            count,
        ),
        "move": ngettext("%(count)s entry moved", "%(count)s entries moved", count),
        "delete": ngettext(
            "%(count)s entry moved to the trash", "%(count)s entries moved to the trash", count
        ),
    }
    return sentences[asked] % {"count": count}
