"""The page of all tags, and completion."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from library import queries, services
from library.models import Tag
from videorama.accounts.auth import caller
from videorama.errors import Conflict, Invalid
from videorama.pages import back, render_page, say
from videorama.paging import COUNT_LIMIT, paginate

PAGE_SIZE = 50


@require_safe
def tag_list(request: HttpRequest) -> HttpResponse:
    """Tags with how often they are used, by name."""
    text = request.GET.get("q", "").replace("\0", "")[:100]
    tags = queries.counted_tags(request.user)
    if text:
        tags = tags.filter(name__icontains=text)
    page = paginate(
        tags, order=("name", "pk"), after=request.GET.get("after") or None, limit=PAGE_SIZE
    )
    context = {
        "page": page,
        "most": COUNT_LIMIT,
        "text": text,
        "first_url": request.path if request.GET.get("after") else "",
        "next_url": f"{request.path}?{urlencode({'after': page.next, 'q': text})}"
        if page.next
        else "",
        "may_edit": queries.editable_libraries_for(request.user).exists(),
    }
    return render_page(request, "library/tag_list.html", context)


@require_safe
def tag_suggest(request: HttpRequest) -> HttpResponse:
    """Options for what is being typed."""
    tags = queries.suggested_tags(request.user, request.GET.get("q", ""))
    return render_page(request, "library/_tag_options.html", {"tags": tags})


@require_POST
def tag_create(request: HttpRequest) -> HttpResponse:
    """A new tag."""
    return _answer(request, lambda: _create(request), _("Tag made"))


@require_safe
def tag_form(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    """What can be changed about a tag."""
    tag = queries.tag_by_uuid(request.user, tag_id)
    return _form(request, tag)


@require_POST
def tag_edit(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    """Its name, and what it stands below."""
    tag = queries.tag_by_uuid(request.user, tag_id)
    return _answer(request, lambda: _edit(request, tag), _("Tag saved"), tag)


@require_POST
def tag_merge(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    """Goes into another tag."""
    tag = queries.tag_by_uuid(request.user, tag_id)

    def merge() -> None:
        into = _named(request, request.POST.get("into", ""))
        services.merge_tags(user=caller(request), sources=[tag], target=into)

    return _answer(request, merge, _("Tags merged"), tag)


@require_POST
def tag_delete(request: HttpRequest, tag_id: UUID) -> HttpResponse:
    """Taken off everything."""
    tag = queries.tag_by_uuid(request.user, tag_id)
    services.delete_tag(user=caller(request), tag=tag)
    say(request, _("Tag deleted"))
    return redirect("library:tag_list")


def _create(request: HttpRequest) -> None:
    parent = request.POST.get("parent", "").strip()
    services.create_tag(
        user=caller(request),
        name=request.POST.get("name", ""),
        parent=_named(request, parent) if parent else None,
    )


def _edit(request: HttpRequest, tag: Tag) -> None:
    parent = request.POST.get("parent", "").strip()
    services.edit_tag(
        user=caller(request),
        tag=tag,
        name=request.POST.get("name", ""),
        parent=_named(request, parent) if parent else None,
        move=True,
    )


def _named(request: HttpRequest, name: str) -> Tag:
    """A tag the asker knows, by its name in any case."""
    name = " ".join(name.replace("\0", "").split())
    tag = queries.visible_tags(request.user).filter(name__iexact=name).first()
    if tag is None:
        raise Invalid(_("There is no tag “%(name)s”.") % {"name": name[:100]})
    return tag


def _answer(
    request: HttpRequest, act: Callable[[], None], done: str, tag: Tag | None = None
) -> HttpResponse:
    """Does it and goes to the list; what is refused is said beside the form."""
    try:
        act()
    except (Conflict, Invalid) as error:
        if tag is None:
            say(request, error.message, "bad")
            return redirect(back(request, reverse("library:tag_list")))
        return _form(request, queries.tag_by_uuid(request.user, tag.uuid), error)
    say(request, done)
    return redirect("library:tag_list")


def _form(request: HttpRequest, tag: Tag, error: Conflict | Invalid | None = None) -> HttpResponse:
    now = {"name": tag.name, "parent": tag.parent.name if tag.parent else "", "into": ""}
    sent = {name: request.POST[name] for name in now if name in request.POST}
    context = {"tag": tag, "given": now | sent, "error": error.message if error else ""}
    status = error.status if error else 200
    return render_page(request, "library/tag_form.html", context, status=status)
