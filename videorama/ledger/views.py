"""The list of facts, for administrators."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videorama.ledger import queries
from videorama.ledger.forms import FactFilter
from videorama.ledger.models import LedgerEvent
from videorama.pages import administrators_only, render_page
from videorama.paging import paginate

PAGE_SIZE = 50


@never_cache
@require_safe
@administrators_only
def fact_list(request: HttpRequest) -> HttpResponse:
    """What happened on this server, newest first."""
    form = FactFilter(request.GET)
    which = form.which()
    after = form.cleaned_data.get("after") or None
    page = paginate(queries.facts(which), order=queries.NEWEST, after=after, limit=PAGE_SIZE)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [_row(fact) for fact in page.items],
        "is_narrowed": which != queries.Which(),
        "first_url": _address(request) if after else "",
        "next_url": _address(request, page.next) if page.next else "",
    }
    return render_page(request, "ledger/fact_list.html", context, partial="facts")


def _row(fact: LedgerEvent) -> dict[str, Any]:
    """A fact in words, with everything that stands in it. Administrators know every library."""
    names = {slug: slug for slug in queries.library_slugs(fact)}
    return {
        "told": queries.tell(fact, names),
        "subjects": fact.subjects.all(),
        "document": queries.fact_document(fact),
    }


def _address(request: HttpRequest, after: str | None = None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after:
        query["after"] = after
    text = query.urlencode()
    return reverse("ledger:fact_list") + (f"?{text}" if text else "")
