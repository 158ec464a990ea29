"""Pages of one entry."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.forms import StateForm
from library.player import player_of
from library.views.asked import about_entry, asked_entry
from videorama.accounts.auth import caller
from videorama.errors import Invalid
from videorama.pages import render_page, wants_fragment

MORE_SIZE = 4


@require_safe
def entry_detail(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its player."""
    entry = asked_entry(request, entry_id)
    library = entry.library
    more = queries.entry_page(
        request.user, queries.EntryFilters(library=library), limit=MORE_SIZE + 1, counted=False
    )
    context = about_entry(request, entry) | {
        "player": player_of(request.user, entry),
        "more": [other for other in more.items if other.pk != entry.pk][:MORE_SIZE],
    }
    return render_page(request, "library/entry_detail.html", context)


@require_safe
def entry_about(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """What is known about an entry, as a fragment of its page."""
    context = about_entry(request, asked_entry(request, entry_id))
    return render_page(request, "library/_about.html", context)


@require_safe
def entry_player(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The stage of an entry, asked again while its browser copy is being made."""
    entry = asked_entry(request, entry_id)
    context = {"entry": entry, "player": player_of(request.user, entry)}
    return render_page(request, "library/_player.html", context)


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
