"""People of a library: who belongs to it, who owns it. For its owner and administrators."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.library_forms import MemberForm, PersonForm
from library.models import Library
from library.views.libraries import administered_library, settings_page
from videorama.accounts.auth import caller
from videorama.accounts.models import User
from videorama.errors import Conflict, Invalid, NotFound
from videorama.pages import render_page


@require_safe
def people_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Names that begin with what was typed, as choices of its field."""
    library = administered_library(request, slug)
    names = queries.people_like(library, request.GET.get("username", ""))
    return render_page(request, "library/_people.html", {"names": names})


@require_POST
def member_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Lets somebody in, or changes what they may do."""
    library = administered_library(request, slug)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            services.set_member(
                user=caller(request),
                library=library,
                member=_person(form.cleaned_data["username"]),
                role=form.cleaned_data["role"],
            )
        except (Conflict, Invalid) as error:
            form.add_error("username", error.message)
        else:
            messages.success(request, _("Saved"))
            return _back(library)
    return settings_page(request, library, member_form=form, status=422)


@require_POST
def member_remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes somebody out."""
    library = administered_library(request, slug)
    form = PersonForm(request.POST)
    if not form.is_valid():
        raise NotFound
    person = queries.person_named(form.cleaned_data["username"])
    services.remove_member(user=caller(request), library=library, member=person)
    messages.success(request, _("Removed"))
    return _back(library)


@require_POST
def owner_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Hands the library over."""
    library = administered_library(request, slug)
    form = PersonForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid(_("Name the person who is to own the library."))
        owner = _person(form.cleaned_data["username"])
        services.set_owner(user=caller(request), library=library, owner=owner)
    except Invalid as error:
        return settings_page(request, library, owner_error=error.message, status=422)
    messages.success(request, _("%(name)s owns the library now.") % {"name": owner.get_username()})
    if queries.may_administer(request.user, library):
        return _back(library)
    return redirect("library:library_detail", library.slug)


def _person(username: str) -> User:
    """The person, or a sentence for the field."""
    try:
        return queries.person_named(username.strip())
    except NotFound:
        raise Invalid(_("Nobody here is called “%(name)s”.") % {"name": username}) from None


def _back(library: Library) -> HttpResponse:
    return redirect(f"{reverse('library:library_settings', args=[library.slug])}#members")
