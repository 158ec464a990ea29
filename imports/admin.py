"""Repair desk for the inbox."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from imports.models import InboxItem, Upload

if TYPE_CHECKING:  # The class takes no parameters while running.
    InboxDesk = admin.ModelAdmin[InboxItem]
    UploadDesk = admin.ModelAdmin[Upload]
else:
    InboxDesk = UploadDesk = admin.ModelAdmin


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


@admin.register(Upload)
class UploadAdmin(UploadDesk):
    """Files on their way in. Clients begin them, so none is added here."""

    list_display = ("filename", "owner", "state", "offset", "size", "expires_at")
    list_filter = ("state", "root")
    list_select_related = ("owner",)
    search_fields = ("filename", "uuid", "owner__username")
    autocomplete_fields = ("owner", "library")
    readonly_fields = ("uuid", "job", "root", "offset", "size", "metadata", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
