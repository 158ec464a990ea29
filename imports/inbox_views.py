"""The inbox: what waits for a decision, one item at a time beside the queue."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from imports import errors, held, queries, services
from imports.forms import ApproveAllForm, ReviewForm
from imports.inbox_pages import panel_of, queue_of
from imports.models import InboxItem, InboxKind
from library import services as library_services
from library.queries import editable_libraries_for, entry_by_uuid
from videorama.accounts.auth import caller
from videorama.errors import AppError, Invalid, NotFound
from videorama.jobs.models import Job
from videorama.pages import render_page, toast, wants_fragment

DEFAULT_THRESHOLD = 85


@never_cache
@require_safe
def inbox(request: HttpRequest, item_id: UUID | None = None) -> HttpResponse:
    """The queue, and the item to decide: the named one, else the first."""
    return _page(request, item_id)


@require_POST
def item_approve(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Files the item as the form says, and shows the next one."""
    user, item = caller(request), _item(request, item_id)
    form = ReviewForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, item_id, form=form, status=422)
    following = _following(request, item)
    try:
        job = services.approve(
            user=user, item=item, library=form.cleaned_data["library"], given=form.given()
        )
    except (Invalid, errors.LibraryNeeded) as error:
        form.add_error(_field(error), error.message)
        return _page(request, item_id, form=form, status=422)
    return _next(request, following, _said(item, job))


@require_POST
def item_reject(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Refuses the item; for a day it can be taken back."""
    item = _item(request, item_id)
    following = _following(request, item)
    services.reject(user=caller(request), item=item)
    undo = reverse("inbox:item_restore", args=[item.uuid]) if item.held else ""
    return _next(request, following, _("Rejected “%(title)s”") % {"title": item.title}, undo)


@require_POST
def item_restore(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Takes a rejection back."""
    item = _item(request, item_id)
    services.take_back(user=caller(request), item=item)
    return _next(request, item.uuid, _("Back in the inbox"))


@require_POST
def item_decide(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """What becomes of a duplicate: keep, link, replace or both."""
    user, item = caller(request), _item(request, item_id)
    following = _following(request, item)
    what = request.POST.get("what", "")
    if what == "keep":
        services.approve(user=user, item=item)
        said = _("Kept as it was")
    elif what == "link":
        services.link(user=user, item=item)
        said = _("The address is known from now on")
    elif what == "replace":
        services.replace(user=user, item=item)
        said = _("Replacing the file")
    elif what == "both":
        services.keep_both(user=user, item=item)
        said = _("Keeping both")
    else:
        raise Invalid(_("Choose what becomes of it."), details={"field": "what"})
    return _next(request, following, said)


@require_POST
def approve_all(request: HttpRequest) -> HttpResponse:
    """Files everything that is sure enough."""
    form = ApproveAllForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("The threshold lies between 1 and 100 percent."))
    threshold = form.cleaned_data["threshold"] / 100
    done, failed = services.approve_all(user=caller(request), threshold=threshold)
    said = ngettext("Filing %(count)d item", "Filing %(count)d items", done) % {"count": done}
    if failed:
        said = ngettext(
            "%(said)s; %(count)d waits as before", "%(said)s; %(count)d wait as before", failed
        ) % {"said": said, "count": failed}
    return _next(request, None, said)


@require_safe
def item_media(request: HttpRequest, item_id: UUID, what: str) -> HttpResponse:
    """The held media file or its picture, for those who may decide the item."""
    item = _item(request, item_id)
    original = held.original_of(item)
    if what == "poster":
        name, mime = held.poster_name(item), "image/jpeg"
    elif what == "original" and original is not None:
        name, mime = original["path"], original["mime"]
    else:
        raise NotFound
    if not name or not item.held:
        raise NotFound
    address = library_services.held_address(root=item.root, held=item.held, name=name)
    response = HttpResponse(content_type=mime)
    response["X-Accel-Redirect"] = address
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=300)
    return response


@require_POST
def filing_undo(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Takes an automatic filing back: to the named library, else to the inbox."""
    user = caller(request)
    entry = entry_by_uuid(user, entry_id)
    slug = request.POST.get("library", "")
    library = editable_libraries_for(user).filter(slug=slug).first() if slug else None
    if slug and library is None:
        raise NotFound
    services.undo_decision(user=user, entry=entry, library=library)
    said = _("Moved to %(library)s") % {"library": library} if library else _("Back in the inbox")
    if wants_fragment(request):
        response = toast(HttpResponse(), said)
        response["HX-Refresh"] = "true"
        return response
    messages.success(request, said)
    return redirect("library:entry_detail", entry_id)


def _page(
    request: HttpRequest,
    item_id: UUID | None,
    *,
    form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = caller(request)
    kind = _kind(request)
    queue = queue_of(user, kind=kind, after=request.GET.get("after") or None)
    item = queries.inbox_item_by_uuid(user, item_id) if item_id else None
    if item is None and queue.items:
        item = queue.items[0].item
    threshold = _threshold(request)
    context: dict[str, Any] = {
        "queue": queue,
        "kind": kind,
        "kinds": [{"value": "", "label": _("All")}]
        + [{"value": value, "label": label} for value, label in InboxKind.choices],
        "current": item,
        "threshold": threshold,
        "sure_count": services.above(user, threshold / 100).count(),
        "next_url": _address(kind=kind, after=queue.page.next) if queue.page.next else "",
        "first_url": _address(kind=kind) if request.GET.get("after") else "",
        "page": queue.page,
        **(panel_of(user, item, form) if item else {}),
    }
    return render_page(request, "imports/inbox.html", context, partial="review", status=status)


def _next(request: HttpRequest, following: UUID | None, said: str, undo: str = "") -> HttpResponse:
    """After a decision: the next item, and what happened."""
    if wants_fragment(request):
        response = toast(_page(request, following), said, undo=undo)
        query = urlencode({"kind": _kind(request)}) if _kind(request) else ""
        there = reverse("inbox:inbox_item", args=[following]) if following else _address()
        response["HX-Push-Url"] = f"{there}?{query}" if query else there
        return response
    messages.success(request, said)
    if following is None:
        return redirect(_address(kind=_kind(request)))
    return redirect("inbox:inbox_item", following)


def _following(request: HttpRequest, item: InboxItem) -> UUID | None:
    """The item that comes after this one in the queue as it is shown, else the first other."""
    user, kind = caller(request), _kind(request)
    waiting = queries.open_inbox_for(user, kind).exclude(pk=item.pk).order_by("-created_at", "-pk")
    older = waiting.filter(created_at__lte=item.created_at).values_list("uuid", flat=True).first()
    return older or waiting.values_list("uuid", flat=True).first()


def _said(item: InboxItem, job: Job | None) -> str:
    if job is None:
        return _("Decided “%(title)s”") % {"title": item.title}
    if job.kind == "import":
        return _("Downloading “%(title)s” again") % {"title": item.title}
    return _("Approved “%(title)s”") % {"title": item.title}


def _item(request: HttpRequest, item_id: UUID) -> InboxItem:
    return queries.inbox_item_by_uuid(caller(request), item_id)


def _kind(request: HttpRequest) -> str:
    given = request.GET.get("kind", "")
    return given if given in InboxKind.values else ""


def _threshold(request: HttpRequest) -> int:
    form = ApproveAllForm(request.GET)
    return form.cleaned_data["threshold"] if form.is_valid() else DEFAULT_THRESHOLD


def _address(*, kind: str = "", after: str | None = None) -> str:
    query = urlencode({k: v for k, v in (("kind", kind), ("after", after)) if v})
    return reverse("inbox:inbox") + (f"?{query}" if query else "")


def _field(error: AppError) -> str | None:
    name = str(error.details.get("field", ""))
    if isinstance(error, errors.LibraryNeeded):
        name = "library"
    return name if name in ReviewForm.base_fields else None
