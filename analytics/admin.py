"""Repair desk for notifications: to look at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from analytics.models import Notification, NotificationChoice, ToldJob

if TYPE_CHECKING:  # These classes take no parameters while running.
    NotificationDesk = admin.ModelAdmin[Notification]
    ChoiceDesk = admin.ModelAdmin[NotificationChoice]
    ToldDesk = admin.TabularInline[ToldJob, Notification]
else:
    NotificationDesk = ChoiceDesk = admin.ModelAdmin
    ToldDesk = admin.TabularInline


class _Told(ToldDesk):
    model = ToldJob
    extra = 0
    can_delete = False
    fields = readonly_fields = ("user", "kind", "job", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(NotificationDesk):
    """Who was told what, and when it was read and mailed."""

    list_display = ("kind", "user", "count", "changed_at", "read_at", "emailed_at")
    list_filter = ("kind", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("uuid", "user__username")
    date_hierarchy = "created_at"
    inlines = (_Told,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(NotificationChoice)
class NotificationChoiceAdmin(ChoiceDesk):
    """What people want to hear of."""

    list_display = ("user", "kind", "in_bell", "by_email")
    list_filter = ("kind", "by_email")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    autocomplete_fields = ("user",)
