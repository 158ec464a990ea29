"""Pages about a library itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import services
from library.errors import LibraryTaken
from library.forms import LibraryForm
from library.models import Library
from library.views.asked import go
from videorama.accounts.auth import caller
from videorama.errors import Invalid, NotAllowed
from videorama.pages import render_page


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
    return go(request, reverse("library:library_detail", args=[library.slug]))


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
