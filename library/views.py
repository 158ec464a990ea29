"""Pages of libraries and entries."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from library import queries, services
from library.errors import LibraryTaken
from library.forms import EntryForm, FilterForm, LibraryForm, RemovalForm, StateForm
from library.models import Entry, FileRole, Library
from library.player import player_of
from videorama.accounts.auth import caller
from videorama.errors import Invalid, NotAllowed
from videorama.jobs import kinds
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.queries import cards_for, jobs_for
from videorama.pages import render_page, toast, wants_fragment

PAGE_SIZE = 48
REEL_SIZE = 8
MORE_SIZE = 4
FAILED_CARDS = 12


@require_safe
def entry_list(request: HttpRequest) -> HttpResponse:
    """Everything the asker sees outside private libraries."""
    return _grid(request, None)


@require_safe
def library_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One library."""
    return _grid(request, queries.library_by_slug(request.user, slug))


@require_safe
def library_new(request: HttpRequest) -> HttpResponse:
    """The form for a new library."""
    if not caller(request).is_editor:
        raise NotAllowed(_("Only editors may make libraries."))
    return render_page(request, "library/library_new.html", {"form": LibraryForm()})


@require_POST
def library_create(request: HttpRequest) -> HttpResponse:
    """Makes the library and shows it."""
    form = LibraryForm(request.POST)
    library = _created(request, form) if form.is_valid() else None
    if library is None:
        context = {"form": form}
        return render_page(request, "library/library_new.html", context, partial="form", status=422)
    messages.success(request, _("Library created"))
    return _go(request, reverse("library:library_detail", args=[library.slug]))


@require_safe
def entry_detail(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its player."""
    entry = _entry(request, entry_id)
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
    context = _about(request, _entry(request, entry_id))
    return render_page(request, "library/_about.html", context)


@require_safe
def entry_player(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The stage of an entry, asked again while its browser copy is being made."""
    entry = _entry(request, entry_id)
    context = {"entry": entry, "player": player_of(request.user, entry)}
    return render_page(request, "library/_player.html", context)


@require_safe
def entry_form(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The form for title and description."""
    entry = _editable_entry(request, entry_id)
    context = {"entry": entry, "form": EntryForm(instance=entry)}
    return render_page(request, "library/entry_form.html", context, partial="form")


@require_POST
def entry_edit(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Writes title and description."""
    entry = _entry(request, entry_id)
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
    context = {"entry": _editable_entry(request, entry_id), "form": RemovalForm()}
    return render_page(request, "library/entry_removal.html", context)


@require_POST
def entry_delete(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Takes the entry out of its library, with or without its files."""
    entry = _entry(request, entry_id)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        context = {"entry": entry, "form": form, "in_dialog": wants_fragment(request)}
        return render_page(
            request, "library/entry_removal.html", context, partial="removal", status=422
        )
    services.delete_entry(user=caller(request), entry=entry, with_files=form.with_files)
    messages.success(request, _("Moved to trash") if form.with_files else _("Removed"))
    return _go(request, reverse("library:library_detail", args=[entry.library.slug]))


@require_POST
def entry_state(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Writes the asker's own favourite, rating and place; the player gets no content back."""
    entry = _entry(request, entry_id)
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


def _grid(request: HttpRequest, library: Library | None) -> HttpResponse:
    """A page of cards; htmx gets the grid, or only the next cards."""
    form = FilterForm(request.GET)
    filters = form.filters(library)
    is_more = form.after_cursor is not None
    page = queries.entry_page(request.user, filters, form.after_cursor, PAGE_SIZE, counted=False)
    context: dict[str, Any] = {
        "library": library,
        "page": page,
        "chosen": filters,
        "sorts": FilterForm.SORTS,
        "is_filtered": filters != queries.EntryFilters(library=library, sort=filters.sort),
        "is_more": is_more,
        "more_url": f"{request.path}?{_with_cursor(request, page.next)}",
        "editable": _editable(request),
    }
    if is_more and wants_fragment(request):
        return render_page(request, "library/entry_list.html", context, partial="more")
    context["jobs"] = (
        [] if is_more else _job_cards(request, library, with_failed=not context["is_filtered"])
    )
    if not wants_fragment(request):
        context["figures"] = _figures(request, library)
        if not is_more and not context["is_filtered"]:
            context["continuing"] = queries.continue_watching(
                request.user, library=library, limit=REEL_SIZE
            )
    return render_page(request, "library/entry_list.html", context, partial="grid")


def _with_cursor(request: HttpRequest, cursor: str | None) -> str:
    pairs = [(name, value) for name in request.GET for value in request.GET.getlist(name)]
    return urlencode([pair for pair in pairs if pair[0] != "after"] + [("after", cursor or "")])


def _job_cards(
    request: HttpRequest, library: Library | None, *, with_failed: bool
) -> list[tuple[Job, kinds.Kind]]:
    """What is on its way, then what the asker tried in vain and has not put away."""
    tried = jobs_for(request.user).filter(
        owner=caller(request), status=JobStatus.FAILED, kind__in=list(kinds.with_card())
    )
    jobs = list(cards_for(request.user))
    if with_failed:
        jobs += tried.order_by("-created_at", "-pk")[:FAILED_CARDS]
    wanted = {"", library.slug} if library else None
    return [(job, kinds.get(job.kind)) for job in jobs if wanted is None or job.library in wanted]


def _figures(request: HttpRequest, library: Library | None) -> dict[str, float]:
    """How much the list holds when nothing is filtered."""
    shelves = [
        one
        for one in queries.counted_libraries(request.user)
        if (one.pk == library.pk if library else not one.is_private)
    ]
    return {
        "count": sum(one.entry_count for one in shelves),
        "duration_s": sum(one.total_s for one in shelves),
        "size_bytes": sum(one.total_bytes for one in shelves),
    }


def _about(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    files = queries.files_of(entry)
    editable = _editable(request)
    return {
        "entry": entry,
        "files": files,
        "size_bytes": sum(file.size_bytes for file in files),
        "original": queries.file_of(entry, FileRole.ORIGINAL),
        "state": queries.state_of(request.user, entry),
        "editable": editable,
        "may_edit": entry.library_id in editable,
    }


def _entry(request: HttpRequest, entry_id: UUID) -> Entry:
    """The entry with all that its page shows."""
    return queries.detailed_entry(request.user, entry_id)


def _editable_entry(request: HttpRequest, entry_id: UUID) -> Entry:
    entry = _entry(request, entry_id)
    if not queries.may_edit(request.user, entry.library):
        raise NotAllowed(_("You may look at this library but not change it."))
    return entry


def _editable(request: HttpRequest) -> set[int]:
    return set(queries.editable_libraries_for(request.user).values_list("pk", flat=True))


def _created(request: HttpRequest, form: LibraryForm) -> Library | None:
    """The library, or None with the reason at its field."""
    given = form.cleaned_data
    try:
        return services.create_library(
            user=caller(request),
            slug=given["slug"],
            name=given["name"],
            is_private=given["is_private"],
        )
    except LibraryTaken as error:
        form.add_error("slug", error.message)
    except Invalid as error:
        form.add_error("name" if error.details.get("field") == "name" else "slug", error.message)
    return None


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, whoever asked."""
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)
