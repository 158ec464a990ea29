"""What was deleted, for those who may take it out again."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.models import Entry
from videorama.accounts.auth import caller
from videorama.errors import AppError, NotAllowed
from videorama.pages import back, render_page, say
from videorama.paging import paginate

PAGE_SIZE = 50
# What one request restores or forgets; the page shows no more.
AT_ONCE = 200


@require_safe
def trash_list(request: HttpRequest) -> HttpResponse:
    """Deleted entries, the last one first, with the days each has left."""
    is_editor = caller(request).is_editor
    if not is_editor and not queries.editable_libraries_for(request.user).exists():
        raise NotAllowed(_("Only those who may edit a library see its trash."))
    rows = queries.trashed_entries_for(request.user).prefetch_related("files")
    slug = request.GET.get("library", "")
    if slug:
        rows = rows.filter(library=queries.library_by_slug(request.user, slug))
    after = request.GET.get("after") or None
    page = paginate(rows, order=queries.NEWEST_DELETED, after=after, limit=PAGE_SIZE)
    days = queries.trash_days()
    more = urlencode({"library": slug, "after": page.next or ""})
    context = {
        "page": page,
        "rows": [(entry, queries.purge_time(entry, days)) for entry in page.items],
        "days": days,
        "library": slug,
        "first_url": request.path if after else "",
        "next_url": f"?{more}" if page.next else "",
    }
    return render_page(request, "library/trash_list.html", context)


@require_POST
def trash_restore(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Gives one entry back."""
    entry = queries.trashed_entry(request.user, entry_id)
    services.restore_entry(user=caller(request), entry=entry)
    say(request, _("Restored"))
    return redirect(back(request, reverse("library:trash_list")))


@require_POST
def trash_purge(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Forgets one entry for good."""
    entry = queries.trashed_entry(request.user, entry_id)
    services.purge_entry(user=caller(request), entry=entry)
    say(request, _("Deleted for good"))
    return redirect("library:trash_list")


@require_POST
def trash_change(request: HttpRequest) -> HttpResponse:
    """Restores or forgets the ticked entries."""
    entries = _ticked(request)
    if not entries:
        say(request, _("Select at least one entry."), "warn")
    elif request.POST.get("do") == "purge":
        count = services.purge_many(user=caller(request), entries=entries)
        done = ngettext(
            "%(count)s entry deleted for good", "%(count)s entries deleted for good", count
        )
        say(request, done % {"count": count})
    else:
        _restore(request, entries)
    return redirect("library:trash_list")


@require_POST
def trash_empty(request: HttpRequest) -> HttpResponse:
    """Forgets everything the asker may forget."""
    count = services.empty_trash(user=caller(request))
    done = ngettext("%(count)s entry deleted for good", "%(count)s entries deleted for good", count)
    say(request, done % {"count": count})
    return redirect("library:trash_list")


def _restore(request: HttpRequest, entries: list[Entry]) -> None:
    restored, refused = services.restore_many(user=caller(request), entries=entries)
    if restored:
        done = ngettext("%(count)s entry restored", "%(count)s entries restored", restored)
        say(request, done % {"count": restored})
    for entry, error in refused[:5]:
        say(request, f"{entry.title}: {_message(error)}", "warn")


def _message(error: AppError) -> str:
    return error.message


def _ticked(request: HttpRequest) -> list[Entry]:
    wanted = []
    for text in request.POST.getlist("entry")[:AT_ONCE]:
        try:
            wanted.append(UUID(text))
        except ValueError:
            continue
    return list(queries.trashed_entries_for(request.user).filter(uuid__in=wanted))
