"""Lists of entries as cards: everything, or one library."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from library import queries
from library.forms import FilterForm
from library.models import Library
from videorama.accounts.auth import caller
from videorama.jobs import kinds
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.queries import cards_for, jobs_for
from videorama.pages import render_page, wants_fragment

PAGE_SIZE = 48
REEL_SIZE = 8
FAILED_CARDS = 12


@require_safe
def entry_list(request: HttpRequest) -> HttpResponse:
    """Everything the asker sees outside private libraries."""
    return _grid(request, None)


@require_safe
def library_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One library."""
    return _grid(request, queries.library_by_slug(request.user, slug))


def _grid(request: HttpRequest, library: Library | None) -> HttpResponse:
    """A page of cards; htmx gets the grid, or only the next cards."""
    form = FilterForm(request.GET)
    filters = form.filters(library)
    is_more = form.after_cursor is not None
    page = queries.entry_page(
        request.user, filters, form.after_cursor, PAGE_SIZE, counted=not is_more
    )
    shelves = list(queries.editable_libraries_for(request.user))
    context: dict[str, Any] = {
        "library": library,
        "page": page,
        "chosen": filters,
        "sorts": FilterForm.SORTS,
        "is_filtered": filters != queries.EntryFilters(library=library, sort=filters.sort),
        "is_more": is_more,
        "more_url": f"{request.path}?{_with_cursor(request, page.next)}",
        "shelves": shelves,
        "editable": {one.pk for one in shelves},
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
    if library is not None:
        # What has no library yet may still become one of this; what failed will not.
        jobs = [
            job
            for job in jobs
            if job.library == library.slug or not (job.library or job.status == JobStatus.FAILED)
        ]
    return [(job, kinds.get(job.kind)) for job in jobs]


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
