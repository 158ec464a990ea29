"""Pages of background work, and the fragments that a page without a socket asks for again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from videorama.accounts.auth import caller
from videorama.jobs import kinds, queries, services
from videorama.jobs.filters import JobFilters
from videorama.jobs.models import Job, JobStatus
from videorama.pages import is_htmx, render_page, toast
from videorama.paging import COUNT_LIMIT, paginate

_PAGE_SIZE = 50


@never_cache
@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """All jobs the user may see, newest first; filtered if asked."""
    filters = JobFilters(request.GET)
    fitting = filters.but_status(queries.jobs_for(caller(request)))
    found = fitting.filter(status=filters.status) if filters.status else fitting
    after = request.GET.get("after") or None
    page = paginate(found, order=("-created_at", "-pk"), after=after, limit=_PAGE_SIZE)
    counts = queries.counts_of(fitting)
    every = min(sum(counts.values()), COUNT_LIMIT)
    statuses = [{"value": "", "label": _("All"), "count": every}]
    statuses += [
        {"value": value, "label": label, "count": counts[value]}
        for value, label in JobStatus.choices
        if counts[value] or value == filters.status
    ]
    context = {
        "jobs": [{"job": job, "kind": kinds.kind_of(job)} for job in page.items],
        "page": page,
        "filters": filters,
        "statuses": [one | {"url": filters.address(status=str(one["value"]))} for one in statuses],
        "most": COUNT_LIMIT,
        "first_url": filters.address() if after else "",
        "next_url": filters.address(after=page.next) if page.next else "",
    }
    status = 422 if filters.errors else 200
    return render_page(request, "jobs/job_list.html", context, status=status)


@never_cache
@require_safe
def job_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job with its stages and its log."""
    job = queries.job_by_uuid(caller(request), job_id)
    context = {**_detail_context(request, job), "lines": queries.last_lines(job)}
    return render_page(request, "jobs/job_detail.html", context)


def _detail_context(request: HttpRequest, job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "kind": kinds.kind_of(job),
        "stages": queries.stage_view(job),
        "facts": kinds.facts_of(job, caller(request)),
        "is_admin": caller(request).is_admin,
    }


@never_cache
@require_safe
def detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The parts of the job page that change, and its log lines."""
    job = queries.job_by_uuid(caller(request), job_id)
    after = request.GET.get("after", "")
    lines = queries.log_lines(job, int(after)) if after.isdecimal() and len(after) < 10 else []
    return render(request, "jobs/_detail.html", {**_detail_context(request, job), "lines": lines})


@never_cache
@require_safe
def row(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The job's row in the list."""
    job = queries.job_by_uuid(caller(request), job_id)
    return render(request, "jobs/_row.html", {"job": job, "kind": kinds.kind_of(job)})


@never_cache
@require_safe
def tray(request: HttpRequest) -> HttpResponse:
    """The open jobs in the frame of every page."""
    return render(request, "jobs/_tray.html", queries.tray(caller(request)))


@never_cache
@require_safe
def log_text(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The whole log as a text file."""
    job = queries.job_by_uuid(caller(request), job_id)
    lines = "".join(
        f"{line.created_at:%Y-%m-%d %H:%M:%S} {line.level.upper():7} "
        f"{line.stage or '-':12} {line.message}\n"
        for line in job.lines.order_by("seq").iterator()
    )
    response = HttpResponse(lines, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="job-{job.uuid}.txt"'
    return response


@require_POST
def job_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Asks the job to stop."""
    user = caller(request)
    job = services.request_cancel(job=queries.job_by_uuid(user, job_id), user=user)
    return _done(request, job, _("The job is being cancelled."))


@require_POST
def job_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Starts an ended job over."""
    user = caller(request)
    job = services.retry(job=queries.job_by_uuid(user, job_id), user=user)
    return _done(request, job, _("The job starts again."))


@require_POST
def job_delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Removes an ended job from the list."""
    user = caller(request)
    services.delete(job=queries.job_by_uuid(user, job_id), user=user)
    messages.success(request, _("The job was removed."))
    return redirect("jobs:job_list")


def _done(request: HttpRequest, job: Job, sentence: str) -> HttpResponse:
    """A plain post goes to the job; htmx gets a toast, and asks again for what it shows."""
    if is_htmx(request):
        response = HttpResponse(status=204)
        return toast(trigger_client_event(response, "videorama:poll"), sentence)
    messages.success(request, sentence)
    return redirect("jobs:job_detail", job.uuid)
