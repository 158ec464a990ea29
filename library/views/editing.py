"""Changing one entry: its words, its place, its picture and subtitles, and taking it away."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.errors import ChangedMeanwhile, NothingSelected
from library.forms import EntryForm, MoveForm, PictureForm, RemovalForm, SubtitleForm
from library.models import BulkKind, Entry
from library.views.asked import about_entry, asked_entry, editable_entry, go
from videorama.accounts.auth import caller
from videorama.errors import Conflict, Invalid
from videorama.pages import render_page, say, toast, wants_fragment


@require_safe
def entry_form(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The form for what a person says about an entry."""
    entry = editable_entry(request, entry_id)
    return _form(request, entry, EntryForm.of(entry))


@require_POST
def entry_edit(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Writes it; what somebody else wrote meanwhile is shown beside, and nothing is lost."""
    entry = asked_entry(request, entry_id)
    form = EntryForm(request.POST)
    if not form.is_valid():
        return _form(request, entry, form, status=422)
    try:
        services.edit_entry(user=caller(request), entry=entry, **form.changes(entry))
    except ChangedMeanwhile as error:
        return _meanwhile(request, entry_id, form, error)
    except Invalid as error:
        field = str(error.details.get("field", ""))
        form.add_error(field if field in form.fields else None, error.message)
        return _form(request, entry, form, status=422)
    if wants_fragment(request):
        context = about_entry(request, asked_entry(request, entry_id)) | {"renamed": True}
        return toast(render_page(request, "library/_about.html", context), _("Saved"))
    say(request, _("Saved"))
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
    undo = reverse("library:trash_restore", args=[entry.uuid])
    say(request, _("Moved to trash") if form.with_files else _("Removed"), undo=undo)
    return go(request, reverse("library:library_detail", args=[entry.library.slug]))


@require_safe
def entry_move_form(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Asks for the library and the folder."""
    entry = editable_entry(request, entry_id)
    return _move_form(request, entry, {"library": entry.library.slug, "subfolder": entry.subfolder})


@require_POST
def entry_move(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Moves it with its files, at once or as a job."""
    entry = editable_entry(request, entry_id)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _move_form(request, entry, request.POST, _("Choose the library to move to."), 422)
    given, undo = form.cleaned_data, ""
    library = queries.library_by_slug(request.user, given["library"])
    is_same = library.pk == entry.library_id
    try:
        if is_same or (given["subfolder"] and given["subfolder"] != entry.subfolder):
            job = services.move_entries(
                user=caller(request), entries=[entry], library=library, subfolder=given["subfolder"]
            )
        else:
            result = services.change_many(
                user=caller(request),
                kind=BulkKind.MOVE,
                entries=queries.entries_for(request.user).filter(pk=entry.pk),
                params={"library": library.slug},
            )
            job, undo = result.job, reverse("library:bulk_undo", args=[result.change.uuid])
    except (Conflict, Invalid, NothingSelected) as error:
        return _move_form(request, entry, request.POST, error.message, error.status)
    if job is None:
        say(request, _("Moved"), undo=undo)
    else:
        say(request, _("This is being done; the job shows how far it is."), "info", undo=undo)
    return go(request, reverse("library:entry_detail", args=[entry.uuid]))


@require_safe
def entry_picture(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The picture of an entry, and where another one can come from."""
    context = {"entry": editable_entry(request, entry_id), "form": PictureForm()}
    return render_page(request, "library/entry_picture.html", context)


@require_POST
def entry_picture_save(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Takes the person's own picture, or the frame at a moment."""
    entry = editable_entry(request, entry_id)
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            file = form.cleaned_data["file"]
            services.replace_poster(
                user=caller(request),
                entry=entry,
                content=file.chunks() if file else None,
                at_s=form.cleaned_data["at_s"],
            )
        except Invalid as error:
            form.add_error("file", error.message)
    if form.errors:
        context = {"entry": entry, "form": form}
        return render_page(request, "library/entry_picture.html", context, status=422)
    say(request, _("Picture replaced"))
    return redirect("library:entry_detail", entry.uuid)


@require_POST
def subtitle_add(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Gives the entry subtitles that a person brings."""
    entry = editable_entry(request, entry_id)
    form = SubtitleForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.bring_subtitle(
                user=caller(request),
                entry=entry,
                content=given["file"].chunks(),
                language=given["language"],
                label=given["label"],
            )
        except Invalid as error:
            field = str(error.details.get("field", ""))
            form.add_error(field if field in form.fields else "file", error.message)
    if form.errors:
        context = {"entry": entry, "form": form}
        return render_page(request, "library/entry_subtitles.html", context, status=422)
    say(request, _("Subtitles added"))
    return redirect(_files_of(entry))


@require_safe
def subtitle_form(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Asks for the file and its language."""
    context = {"entry": editable_entry(request, entry_id), "form": SubtitleForm()}
    return render_page(request, "library/entry_subtitles.html", context)


@require_POST
def subtitle_remove(request: HttpRequest, entry_id: UUID, file_id: UUID) -> HttpResponse:
    """Takes subtitles away."""
    entry = editable_entry(request, entry_id)
    services.remove_subtitle(user=caller(request), entry=entry, file_uuid=str(file_id))
    say(request, _("Subtitles removed"))
    return redirect(_files_of(entry))


def _files_of(entry: Entry) -> str:
    return f"{reverse('library:entry_detail', args=[entry.uuid])}#panel-files"


def _form(
    request: HttpRequest,
    entry: Entry,
    form: EntryForm,
    *,
    status: int = 200,
    current: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    sources = {one.key: one for one in entry.properties.all()}
    if form.is_bound and "property-key" in form.data:
        rows = [(key, value, sources.get(key)) for key, value in form.rows if key or value]
    else:
        rows = [(one.key, one.value, one) for one in sources.values()]
    context = {
        "entry": entry,
        "form": form,
        "rows": rows,
        "current": current,
        # On a page of its own it is sent as any form, and leads back to the entry.
        "in_place": wants_fragment(request),
    }
    return render_page(request, "library/entry_form.html", context, partial="form", status=status)


def _meanwhile(
    request: HttpRequest, entry_id: UUID, form: EntryForm, error: ChangedMeanwhile
) -> HttpResponse:
    """The person's own words again, with those of the other beside; saving again takes these."""
    entry = editable_entry(request, entry_id)
    now = EntryForm.of(entry)
    current = [
        (str(field.label), str(now.initial[name]))
        for name, field in now.fields.items()
        if name != "version" and name in form.data and form.data[name] != now.initial[name]
    ]
    data = request.POST.copy()
    data["version"] = now.initial["version"]
    form = EntryForm(data)
    form.is_valid()
    form.add_error(None, error.message)
    # htmx swaps a 422; a page says plainly that it is a conflict.
    status = 422 if wants_fragment(request) else error.status
    return _form(request, entry, form, status=status, current=current)


def _move_form(
    request: HttpRequest, entry: Entry, given: object, error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "entry": entry,
        "given": given,
        "error": error,
        "shelves": queries.editable_libraries_for(request.user),
    }
    return render_page(request, "library/entry_move.html", context, status=status)
