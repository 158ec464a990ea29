"""What happened to an entry, from the ledger."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from library import queries
from library.models import BulkKind, Entry
from library.services.telling import MARKS
from library.views.asked import asked_entry
from videorama.accounts.auth import caller
from videorama.ledger.models import LedgerEvent
from videorama.ledger.queries import NEWEST, Told, facts_about, library_slugs, tell
from videorama.pages import render_page
from videorama.paging import paginate

PAGE_SIZE = 30
# Of many entries at once.
PERSONAL_KINDS = (BulkKind.FAVORITE, BulkKind.WATCHED)
# Work around an entry is shown to those who may see its jobs.
FOR_EVERYBODY = Q(event__startswith="entry.") | Q(event__startswith="entries.")


@never_cache
@require_safe
def entry_history(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Who did what with the entry and when, newest first; for htmx only the list."""
    entry = asked_entry(request, entry_id)
    after = request.GET.get("after") or None
    page = paginate(_facts(request, entry), order=NEWEST, after=after, limit=PAGE_SIZE)
    address = reverse("library:entry_history", args=[entry.uuid])
    context: dict[str, Any] = {
        "entry": entry,
        "page": page,
        "told": _told(request, page.items),
        "first_url": address if after else "",
        "next_url": f"{address}?after={page.next}" if page.next else "",
    }
    return render_page(request, "library/entry_history.html", context, partial="history")


def _facts(request: HttpRequest, entry: Entry) -> QuerySet[LedgerEvent]:
    """What the asker may know: marks are everybody's own, work is for editors."""
    user = caller(request)
    facts = facts_about("entry", entry.uuid)
    others = ~Q(user_id=str(user.uuid))
    facts = facts.exclude(others, event="entry.marked")
    facts = facts.exclude(others, event="entries.changed", data__kind__in=PERSONAL_KINDS)
    if not queries.may_edit(user, entry.library):
        facts = facts.filter(FOR_EVERYBODY)
    return facts


def _told(request: HttpRequest, facts: list[LedgerEvent]) -> list[Told]:
    """In words; a library that the asker may not see stays without a name."""
    slugs = set().union(*(library_slugs(fact) for fact in facts))
    visible = queries.libraries_for(request.user).filter(slug__in=slugs)
    names = dict(visible.order_by().values_list("slug", "name"))
    asker = str(caller(request).uuid)
    for fact in facts:
        if fact.user_id != asker:  # What somebody marked along with other things stays theirs.
            fact.data = {name: said for name, said in fact.data.items() if name not in MARKS}
    return [tell(fact, names) for fact in facts]
