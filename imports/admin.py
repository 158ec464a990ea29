"""Repair desk for the inbox."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from imports.models import InboxItem

if TYPE_CHECKING:  # The class takes no parameters while running.
    InboxDesk = admin.ModelAdmin[InboxItem]
else:
    InboxDesk = admin.ModelAdmin


@admin.register(InboxItem)
class InboxItemAdmin(InboxDesk):
    """What waits for a decision. Items come from imports, so none is added here."""

    list_display = ("title", "kind", "decision", "owner", "library", "created_at")
    list_filter = ("decision", "kind")
    list_select_related = ("owner", "library")
    search_fields = ("title", "uuid", "held", "job__uuid", "owner__username")
    autocomplete_fields = ("owner", "library", "existing", "decided_by")
    readonly_fields = ("uuid", "job", "root", "held", "proposal", "confidence", "created_at")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
