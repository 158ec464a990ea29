"""Pages that move all files of a library: by its template, or to another folder."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.errors import BeingOrganized, LibraryTaken
from library.library_forms import FolderForm
from library.views.libraries import (
    administered_library,
    editable_library,
    put_at_field,
    settings_page,
)
from videorama.accounts.auth import caller
from videorama.errors import Invalid
from videorama.pages import render_page

PAGE_SIZE = 50


@require_safe
def library_organize(request: HttpRequest, slug: str) -> HttpResponse:
    """What re-organising would move, old name beside new one."""
    library = editable_library(request, slug)
    start = request.GET.get("from", "0")
    plan = queries.plan_of(
        library, start=int(start[:7]) if start.isdecimal() else 0, limit=PAGE_SIZE
    )
    context = {"library": library, "plan": plan, "job": queries.organizing_job(library)}
    return render_page(request, "library/library_organize.html", context)


@require_POST
def library_organize_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Starts the job that moves them, and shows it."""
    library = editable_library(request, slug)
    job = services.reorganize(user=caller(request), library=library)
    return redirect("jobs:job_detail", job.uuid)


@require_POST
def library_relocate(request: HttpRequest, slug: str) -> HttpResponse:
    """Gives the library another folder; its files follow as a job."""
    library = administered_library(request, slug)
    form = FolderForm(request.POST)
    if form.is_valid():
        try:
            job = services.relocate_library(
                user=caller(request),
                library=library,
                root=form.cleaned_data["root"],
                folder=form.cleaned_data["folder"],
            )
        except (Invalid, LibraryTaken, BeingOrganized) as error:
            put_at_field(form, error, "folder")
        else:
            if job is not None:
                return redirect("jobs:job_detail", job.uuid)
            messages.success(request, _("Saved"))
            return redirect("library:library_settings", library.slug)
    library.refresh_from_db()
    return settings_page(request, library, folder_form=form, status=422)
