"""Repair desk for the inbox."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from imports.models import Filing, InboxItem, Rule, Upload

if TYPE_CHECKING:  # The class takes no parameters while running.
    InboxDesk = admin.ModelAdmin[InboxItem]
    UploadDesk = admin.ModelAdmin[Upload]
    RuleDesk = admin.ModelAdmin[Rule]
    FilingDesk = admin.ModelAdmin[Filing]
else:
    InboxDesk = UploadDesk = RuleDesk = FilingDesk = admin.ModelAdmin


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


@admin.register(Rule)
class RuleAdmin(RuleDesk):
    """What proposes libraries. The inbox writes and learns rules, so none is added here."""

    list_display = ("__str__", "origin", "user", "is_on", "yes", "no")
    list_filter = ("origin", "is_on")
    list_select_related = ("library", "user")
    search_fields = ("label", "channel_id", "uploader", "tag", "keyword", "library__name")
    autocomplete_fields = ("user", "created_by", "library")
    readonly_fields = ("uuid", "origin", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Filing)
class FilingAdmin(FilingDesk):
    """Why entries are where they are. Decisions come from imports, so none is added here."""

    list_display = ("entry", "library", "way", "confidence", "undone_at")
    list_filter = ("way",)
    list_select_related = ("entry", "library")
    search_fields = ("entry__title", "library__name")
    autocomplete_fields = ("entry", "user", "library", "undone_by")
    readonly_fields = ("confidence", "reasons", "rules", "features", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
