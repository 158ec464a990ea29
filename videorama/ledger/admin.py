"""Repair desk of the ledger: to be looked at, by nobody to be changed."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from videorama.ledger.models import LedgerEvent

if TYPE_CHECKING:  # Takes no parameters while running.
    Desk = admin.ModelAdmin[LedgerEvent]
else:
    Desk = admin.ModelAdmin


@admin.register(LedgerEvent)
class LedgerEventAdmin(Desk):
    """Facts with what they are about."""

    list_display = ("sequence", "at", "event", "user_name", "door", "severity", "about")
    list_filter = ("severity", "door", "event")
    search_fields = ("event", "user_name", "subjects__subject_id")
    fields = (
        "sequence", "uuid", "at", "event", "severity", "door", "user_name", "user_id", "about",
        "data", "previous_hash", "hash",
    )  # fmt: skip
    readonly_fields = fields
    # Counting every fact for the foot of each page would take longer than the page.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEvent]:
        return super().get_queryset(request).prefetch_related("subjects")

    @admin.display(description=_("About"))
    def about(self, fact: LedgerEvent) -> str:
        """What it concerns, in one line."""
        subjects = [str(one) for one in list(fact.subjects.all())[:20]]
        return ", ".join(subjects)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
