"""Pages of one entry."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.forms import EntryForm, RemovalForm, StateForm
from library.models import Entry, FileRole
from library.player import player_of
from library.views.asked import asked_entry, editable_entry, editable_ids, go
from videorama.accounts.auth import caller
from videorama.errors import Invalid
from videorama.pages import render_page, toast, wants_fragment

MORE_SIZE = 4


@require_safe
def entry_detail(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its player."""
    entry = asked_entry(request, entry_id)
    library = entry.library
    more = queries.entry_page(
        request.user, queries.EntryFilters(library=library), limit=MORE_SIZE + 1, counted=False
    )
    context = _about(request, entry) | {
        "player": player_of(request.user, entry),
        "more": [other for other in more.items if other.pk != entry.pk][:MORE_SIZE],
    }
    return render_page(request, "library/entry_detail.html", context)


@require_safe
def entry_about(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """What is known about an entry, as a fragment of its page."""
    context = _about(request, asked_entry(request, entry_id))
    return render_page(request, "library/_about.html", context)


@require_safe
def entry_player(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The stage of an entry, asked again while its browser copy is being made."""
    entry = asked_entry(request, entry_id)
    context = {"entry": entry, "player": player_of(request.user, entry)}
    return render_page(request, "library/_player.html", context)


@require_safe
def entry_form(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The form for title and description."""
    entry = editable_entry(request, entry_id)
    context = {"entry": entry, "form": EntryForm(instance=entry)}
    return render_page(request, "library/entry_form.html", context, partial="form")


@require_POST
def entry_edit(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Writes title and description."""
    entry = asked_entry(request, entry_id)
    title = entry.title
    form = EntryForm(request.POST, instance=entry)
    if not form.is_valid():
        entry.title = title
        context = {"entry": entry, "form": form}
        return render_page(request, "library/entry_form.html", context, partial="form", status=422)
    services.edit_entry(
        user=caller(request),
        entry=entry,
        title=form.cleaned_data["title"],
        description=form.cleaned_data["description"],
    )
    if wants_fragment(request):
        context = _about(request, entry) | {"renamed": True}
        return toast(render_page(request, "library/_about.html", context), _("Saved"))
    messages.success(request, _("Saved"))
    return redirect("library:entry_detail", entry.uuid)


@require_safe
def entry_removal(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Asks how much of the entry shall go."""
    context = {"entry": editable_entry(request, entry_id), "form": RemovalForm()}
    return render_page(request, "library/entry_removal.html", context)


@require_POST
def entry_delete(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Takes the entry out of its library, with or without its files."""
    entry = asked_entry(request, entry_id)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        context = {"entry": entry, "form": form, "in_dialog": wants_fragment(request)}
        return render_page(
            request, "library/entry_removal.html", context, partial="removal", status=422
        )
    services.delete_entry(user=caller(request), entry=entry, with_files=form.with_files)
    messages.success(request, _("Moved to trash") if form.with_files else _("Removed"))
    return go(request, reverse("library:library_detail", args=[entry.library.slug]))


@require_POST
def entry_state(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Writes the asker's own favourite, rating and place; the player gets no content back."""
    entry = asked_entry(request, entry_id)
    form = StateForm(request.POST)
    if not form.is_valid():
        raise Invalid(details={"fields": form.errors.get_json_data()})
    given = dict(form.cleaned_data)
    if given.pop("played"):
        services.count_view(entry=entry)
    state = services.set_state(user=caller(request), entry=entry, **given)
    if wants_fragment(request):
        return render_page(request, "library/_marks.html", {"entry": entry, "state": state})
    if "position_s" in request.POST or "played" in request.POST:
        return HttpResponse(status=204)
    return redirect("library:entry_detail", entry.uuid)


def _about(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    files = queries.files_of(entry)
    editable = editable_ids(request)
    return {
        "entry": entry,
        "files": files,
        "size_bytes": sum(file.size_bytes for file in files),
        "original": queries.file_of(entry, FileRole.ORIGINAL),
        "state": queries.state_of(request.user, entry),
        "editable": editable,
        "may_edit": entry.library_id in editable,
    }
