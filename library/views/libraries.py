"""Pages about a library itself: made, looked at in its settings, changed, removed."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from library import paths, queries, services
from library.errors import BadTemplate, LibraryTaken
from library.library_forms import (
    DEFAULT_ICON,
    ICONS,
    FolderForm,
    LibrarySettingsForm,
    MemberForm,
    NewLibraryForm,
)
from library.models import Library
from library.views.asked import go
from videorama.accounts.auth import caller
from videorama.errors import AppError, Invalid, NotAllowed
from videorama.pages import render_page
from videorama.paging import paginate

MEMBERS_SHOWN = 50
# The field of the form for each field that services name in their refusals.
_FIELDS = {"id": "slug", "confidence_threshold": "confidence"}


@require_safe
def library_new(request: HttpRequest) -> HttpResponse:
    """The form for a new library."""
    if not caller(request).is_editor:
        raise NotAllowed(_("Only editors may make libraries."))
    start = {
        "icon": DEFAULT_ICON,
        "path_template": paths.DEFAULT_TEMPLATE,
        "auto_organize": True,
        "confidence": 70,
        "folder": request.GET.get("folder", "")[:500],
        "root": request.GET.get("root", "")[:30],
    }
    return _new_page(request, NewLibraryForm(initial=start))


@require_POST
def library_create(request: HttpRequest) -> HttpResponse:
    """Makes the library and shows it."""
    form = NewLibraryForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            library = services.create_library(
                user=caller(request),
                slug=given["slug"],
                root=given["root"],
                folder=given["folder"],
                **form.settings(),
            )
        except (LibraryTaken, Invalid) as error:
            put_at_field(form, error, "slug")
        else:
            messages.success(request, _("Library created"))
            return go(request, reverse("library:library_detail", args=[library.slug]))
    return _new_page(request, form, status=422)


@require_safe
def library_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about a library, for its editors; the people in it for its owner."""
    library = editable_library(request, slug)
    return settings_page(request, library)


@require_POST
def library_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes the settings; after another template it shows what a re-organise would move."""
    library = editable_library(request, slug)
    form = LibrarySettingsForm(request.POST)
    if not form.is_valid():
        return settings_page(request, library, form=form, status=422)
    given = form.settings()
    if not queries.may_administer(request.user, library):
        del given["is_private"]
    before = (library.path_template, library.auto_organize)
    try:
        library = services.edit_library(user=caller(request), library=library, **given)
    except Invalid as error:
        put_at_field(form, error, "name")
        library.refresh_from_db()
        return settings_page(request, library, form=form, status=422)
    if before != (library.path_template, library.auto_organize) and library.auto_organize:
        count = queries.plan_of(library, limit=0).count
        if count:
            words = ngettext(
                "Saved. %(count)d entry lies elsewhere than the new template says.",
                "Saved. %(count)d entries lie elsewhere than the new template says.",
                count,
            )
            messages.info(request, words % {"count": count})
            return go(request, reverse("library:library_organize", args=[slug]))
    messages.success(request, _("Saved"))
    return go(request, reverse("library:library_settings", args=[slug]))


@require_safe
def template_preview(request: HttpRequest) -> HttpResponse:
    """What a template makes of real entries, as a part of the form."""
    user = caller(request)
    if not user.is_editor and not queries.editable_libraries_for(user).exists():
        raise NotAllowed
    slug = request.GET.get("library", "")
    library = queries.library_by_slug(user, slug) if slug else None
    context = trial_of(request, request.GET.get("path_template", ""), library)
    return render_page(request, "library/_template_preview.html", context)


@require_safe
def folder_list(request: HttpRequest) -> HttpResponse:
    """A folder of the storage with its folders, to choose one of them."""
    asked = request.GET
    folder = queries.browse(
        caller(request),
        root=asked.get("root", ""),
        path=asked.get("path", ""),
        after=asked.get("after", ""),
    )
    slug = asked.get("library", "")
    back = (
        reverse("library:library_settings", args=[queries.library_by_slug(request.user, slug).slug])
        if slug
        else reverse("library:library_new")
    )
    context = {
        "folder": folder,
        "roots": queries.root_names(),
        "back": back,
        "library_slug": slug,
        "chosen": urlencode({"root": folder.root, "folder": folder.path}),
    }
    return render_page(request, "library/folder_list.html", context, partial="browser")


@require_safe
def library_removal(request: HttpRequest, slug: str) -> HttpResponse:
    """Says what removing the library means, and what stands in the way."""
    library = administered_library(request, slug)
    context = {"library": library, **queries.held_by(library)}
    return render_page(request, "library/library_removal.html", context)


@require_POST
def library_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Removes an empty library."""
    library = administered_library(request, slug)
    services.delete_library(user=caller(request), library=library)
    messages.success(request, _("Library removed"))
    return redirect("library:entry_list")


def settings_page(
    request: HttpRequest,
    library: Library,
    *,
    form: forms.Form | None = None,
    folder_form: forms.Form | None = None,
    member_form: forms.Form | None = None,
    owner_error: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, with the forms that could not be taken as they were sent."""
    is_owner = queries.may_administer(request.user, library)
    form = form or LibrarySettingsForm(initial=LibrarySettingsForm.initial_of(library))
    start = {
        "root": request.GET.get("root", library.root)[:30],
        "folder": request.GET.get("folder", library.folder)[:500],
    }
    context: dict[str, Any] = {
        "library": library,
        "form": form,
        "icons": ICONS.items(),
        "variables": sorted(paths.VARIABLES),
        "may_administer": is_owner,
        "job": queries.organizing_job(library),
        "roots": queries.root_names(),
        "owner_error": owner_error,
    } | trial_of(request, str(form["path_template"].value() or ""), library)
    if is_owner:
        context |= {
            "folder_form": folder_form or FolderForm(initial=start),
            "member_form": member_form or MemberForm(),
            "outsiders": queries.outsiders_of(library),
            "members": paginate(
                queries.members_of(library),
                order=("user__username", "pk"),
                after=request.GET.get("after"),
                limit=MEMBERS_SHOWN,
            ),
        }
    return render_page(request, "library/library_settings.html", context, status=status)


def trial_of(request: HttpRequest, template: str, library: Library | None) -> dict[str, Any]:
    """What the preview of a template shows."""
    try:
        return {"trial": queries.try_template(caller(request), template, library), "fault": ""}
    except BadTemplate as error:
        return {"trial": None, "fault": error.message}


def editable_library(request: HttpRequest, slug: str) -> Library:
    """The library, for those who may edit it."""
    library = queries.library_by_slug(request.user, slug)
    if not queries.may_edit(request.user, library):
        raise NotAllowed(_("You may look at this library but not change it."))
    return library


def administered_library(request: HttpRequest, slug: str) -> Library:
    """The library, for its owner and administrators."""
    library = queries.library_by_slug(request.user, slug)
    if not queries.may_administer(request.user, library):
        raise NotAllowed(_("Only the owner and administrators may do this."))
    return library


def put_at_field(form: forms.Form, error: AppError, otherwise: str) -> None:
    """Shows a refusal at the field it names."""
    if isinstance(error, BadTemplate):
        name = "path_template"
    else:
        named = str(error.details.get("field", otherwise))
        name = _FIELDS.get(named, named)
    form.add_error(name if name in form.fields else otherwise, error.message)


def _new_page(request: HttpRequest, form: NewLibraryForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "icons": ICONS.items(),
        "variables": sorted(paths.VARIABLES),
        "roots": queries.root_names(),
        "may_administer": True,
    } | trial_of(request, str(form["path_template"].value() or paths.DEFAULT_TEMPLATE), None)
    return render_page(request, "library/library_new.html", context, partial="form", status=status)
