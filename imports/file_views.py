"""The pages that bring in files: from this device, and from folders of this server."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from imports import queries, services, tus
from imports.forms import FolderForm
from imports.receiving import FORM_BYTES
from imports.upload_file import Ticket, open_partial
from imports.views import recent_imports, require_importer
from library.models import Library
from library.queries import browse, editable_libraries_for, library_by_slug
from videorama.accounts.auth import caller
from videorama.accounts.models import User
from videorama.errors import AppError, NotAllowed
from videorama.pages import render_page

# How many unfinished uploads the page lists; the newest are the ones somebody comes back for.
SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def import_files(request: HttpRequest) -> HttpResponse:
    """The page to upload on. A plain form is taken, too; scripts send in pieces instead."""
    require_importer(request)
    if request.method == "POST":
        return _take_form(request)
    return render_page(request, "imports/import_files.html", _files_page(request))


@require_http_methods(["GET", "HEAD", "POST"])
def import_server(request: HttpRequest) -> HttpResponse:
    """Folders of this server, for administrators: look through them, and read one in."""
    user = caller(request)
    if not user.is_admin:
        raise NotAllowed(_("Only administrators may read in folders of this server."))
    if request.method == "POST":
        return _read_in(request, user)
    where = {name: request.GET.get(name, "") for name in ("root", "path", "after")}
    initial = {"mode": "copy", "recursive": True, "extensions": " ".join(services.EXTENSIONS)}
    return _server_page(request, FolderForm(initial=initial), where)


@require_POST
def upload_cancel(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Gives up an upload that nobody goes on with."""
    user = caller(request)
    upload = queries.upload_by_uuid(user, upload_id)
    services.give_up(upload=upload, user=user)
    messages.success(request, _("Upload cancelled"))
    return redirect("imports:import_files")


def _files_page(request: HttpRequest) -> dict[str, Any]:
    unfinished = queries.unfinished_uploads_for(caller(request))[:SHOWN]
    return {
        "way": "files",
        "libraries": editable_libraries_for(request.user),
        "unfinished": unfinished,
        "form_bytes": FORM_BYTES,
    } | recent_imports(request)


def _take_form(request: HttpRequest) -> HttpResponse:
    """Files of a form that came as a whole."""
    user = caller(request)
    slug = request.POST.get("library", "")
    library = library_by_slug(user, slug) if slug else None
    files = request.FILES.getlist("files")
    problems = [] if files else [_("Choose at least one file.")]
    for file in files:
        try:
            _take_file(user, library, file)
        except AppError as error:
            problems.append(f"{tus.plain_name(file.name or '')}: {error.message}")
    if problems:
        context = _files_page(request) | {"problems": problems}
        return render_page(request, "imports/import_files.html", context, status=422)
    messages.success(
        request,
        ngettext("%(count)d file has arrived", "%(count)d files have arrived", len(files))
        % {"count": len(files)},
    )
    return redirect("imports:import_files")


def _take_file(user: User, library: Library | None, file: "UploadedFile[Any]") -> None:
    """One file of a form, by the same way as one that comes in pieces."""
    about = tus.about({"filename": file.name or ""})
    upload = services.begin_upload(user=user, size=file.size or 0, about=about, library=library)
    ticket = Ticket(upload.uuid, 0, translation.get_language() or "en")
    part = open_partial(ticket, None, "web")
    try:
        for chunk in file.chunks():
            part.write(chunk)
        part.finish()
    finally:
        part.close()


def _server_page(
    request: HttpRequest, form: FolderForm, where: dict[str, str], status: int = 200
) -> HttpResponse:
    folder = browse(
        caller(request), root=where["root"], path=where["path"], after=where.get("after", "")
    )
    context = {
        "way": "server",
        "form": form,
        "folder": folder,
        "files": services.count_media(folder.root, folder.path),
        "roots": services.root_names(),
        "libraries": editable_libraries_for(request.user),
    }
    return render_page(request, "imports/import_server.html", context, status=status)


def _read_in(request: HttpRequest, user: User) -> HttpResponse:
    form = FolderForm(request.POST)
    form.offer(user)
    where = {name: request.POST.get(name, "") for name in ("root", "path")}
    if form.is_valid():
        given = {**form.cleaned_data, "extensions": form.cleaned_data["extensions"].split()}
        try:
            job = services.request_folder_import(user=user, **given)
        except AppError as error:
            field = str(error.details.get("field", ""))
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, _("The folder is being read in"))
            return redirect("jobs:job_detail", job.uuid)
    return _server_page(request, form, where, status=422)
