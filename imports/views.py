"""The import page, and the cards of imports on every page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from imports import queries, services, thumbnails
from imports.choices import format_choices
from imports.errors import AlreadyImported
from imports.forms import ImportForm, PreviewForm
from imports.sharing import SHARED, shared_address
from library.models import Entry
from library.queries import editable_libraries_for, entries_for, with_details
from videorama.accounts.auth import caller
from videorama.errors import AppError, NotAllowed, NotFound
from videorama.jobs import kinds
from videorama.jobs import services as jobs
from videorama.jobs.models import Job, JobStatus
from videorama.pages import render_page, toast, wants_fragment

RECENT = 12


@require_safe
def import_new(request: HttpRequest) -> HttpResponse:
    """The page to import from; what a phone shares, or `?url=`, is filled in and looked at."""
    require_importer(request)
    shared = shared_address(request.GET)
    context = {
        "form": PreviewForm(initial={"url": shared}),
        "is_shared": bool(shared),
        "shared_nothing": not shared and any(request.GET.get(name) for name in SHARED),
    }
    return _page(request, context | recent_imports(request))


@require_POST
def import_preview(request: HttpRequest) -> HttpResponse:
    """What an address leads to, before anything is kept."""
    require_importer(request)
    form = PreviewForm(request.POST)
    if form.is_valid():
        try:
            found = services.preview(user=caller(request), url=form.cleaned_data["url"])
        except AppError as error:
            form.add_error("url", error.message)
        else:
            context = {"form": form, "preview": found, "known": _known(found.known)}
            return _page(request, context | _choices(request, found))
    return _page(request, {"form": form}, status=422)


@require_POST
def import_url(request: HttpRequest) -> HttpResponse:
    """Starts an import, with or without a preview before it."""
    form = ImportForm(request.POST)
    form.offer(caller(request))
    if not form.is_valid():
        return _page(request, {"form": form}, status=422)
    given = form.cleaned_data
    try:
        job = services.request_import(
            user=caller(request),
            url=given["url"],
            library=given["library"],
            preset=given["format"],
            force=given["force"],
            auto_mode=form.is_auto,
        )
    except AlreadyImported as error:
        known = {"id": error.details["entry_id"], "title": error.details.get("title", "")}
        return _page(request, {"form": form, "known": known}, status=422)
    except AppError as error:
        form.add_error("url", error.message)
        return _page(request, {"form": form}, status=422)
    said = _("This import is on its way already") if job.was_reused else _("Import started")
    if wants_fragment(request):
        context = {"form": PreviewForm(), "oob": True} | recent_imports(request)
        return toast(_page(request, context), said)
    messages.success(request, said)
    return redirect("imports:import_new")


@require_safe
def preview_thumbnail(request: HttpRequest) -> HttpResponse:
    """A picture that a source offered, fetched by us so that pages load nothing from elsewhere."""
    picture = thumbnails.fetch(request.GET.get("of", ""))
    response = HttpResponse(picture.body, content_type=picture.mime)
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=86_400)
    return response


@require_safe
def import_card(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The card of an import as it is now; nothing for one that was cancelled."""
    job = _job(request, job_id)
    if job.status == JobStatus.CANCELLED:
        return HttpResponse("")
    return render_page(request, "imports/_card.html", _card(job))


@require_safe
def import_result(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What a finished import became: the entry's own card, or where it waits."""
    job = _job(request, job_id)
    entry = _entries(request, [job]).get(job.pk)
    if entry is not None:
        return render_page(request, "library/_card.html", _entry_card(request, entry))
    item = queries.inbox_for(caller(request)).filter(job=job).first()
    existing = item.existing if item else None
    if existing and not entries_for(request.user).filter(pk=existing.pk).exists():
        existing = None
    context = _card(job) | {"item": item, "existing": existing}
    return render_page(request, "imports/_ended.html", context)


@require_POST
def import_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Tries a failed import again and answers its card."""
    job = jobs.retry(job=_job(request, job_id), user=caller(request))
    if wants_fragment(request):
        return render_page(request, "imports/_card.html", _card(job))
    return redirect("library:entry_list")


@require_POST
def import_dismiss(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Puts away the card of an import that has ended, and the job with it."""
    jobs.delete(job=_job(request, job_id), user=caller(request))
    return HttpResponse("") if wants_fragment(request) else redirect("library:entry_list")


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page, or for htmx only the part with the address and what it leads to."""
    if not wants_fragment(request) and "recent" not in context:
        context |= recent_imports(request)
    return render_page(request, "imports/import_new.html", context, partial="source", status=status)


def _choices(request: HttpRequest, found: services.Preview) -> dict[str, Any]:
    """What the person may choose between before the import."""
    formats = format_choices(found.info)
    usual = services.default_preset()
    is_offered = usual in {choice.value for choice in formats}
    return {
        "formats": formats,
        "chosen": usual if is_offered else formats[0].value if formats else "",
        "libraries": editable_libraries_for(request.user),
        "picture": thumbnails.address_of(found.info.thumbnail_url),
    }


def recent_imports(request: HttpRequest) -> dict[str, Any]:
    """The asker's last imports: jobs as cards, finished ones as the entries they became."""
    mine = queries.import_jobs_for(caller(request)).filter(owner=caller(request))
    newest = list(mine.exclude(status=JobStatus.CANCELLED).order_by("-created_at", "-pk")[:RECENT])
    entries = _entries(request, newest)
    shown = [
        {"job": job, "entry": entries.get(job.pk), "kind": kinds.kind_of(job)}
        for job in newest
        if job.is_open or job.status == JobStatus.FAILED or job.pk in entries
    ]
    return {"recent": shown, "editable": _editable(request)}


def _entries(request: HttpRequest, of: list[Job]) -> dict[int, Entry]:
    """The entries that finished jobs became, by job; those the asker may see."""
    ended = [job.pk for job in of if not job.is_open]
    rows = entries_for(request.user).filter(import_job__in=ended)
    found = with_details(rows, request.user) if ended else ()
    return {entry.import_job_id: entry for entry in found if entry.import_job_id}


def _card(job: Job) -> dict[str, Any]:
    return {"job": job, "kind": kinds.kind_of(job)}


def _entry_card(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    return {"entry": entry, "editable": _editable(request)}


def _known(entry: Entry | None) -> dict[str, str] | None:
    return {"id": str(entry.uuid), "title": entry.title} if entry else None


def _job(request: HttpRequest, job_id: UUID) -> Job:
    job = queries.import_jobs_for(caller(request)).filter(uuid=job_id).first()
    if job is None:
        raise NotFound
    return job


def _editable(request: HttpRequest) -> set[int]:
    return set(editable_libraries_for(request.user).values_list("pk", flat=True))


def require_importer(request: HttpRequest) -> None:
    if not caller(request).is_editor and not editable_libraries_for(request.user).exists():
        raise NotAllowed(_("Your account may watch, but not import."))
