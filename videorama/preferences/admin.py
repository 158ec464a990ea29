"""Repair desk: which settings are stored; they are changed under Settings, which checks them."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from videorama.preferences.models import Setting

if TYPE_CHECKING:  # This class takes no parameters while running.
    Desk = admin.ModelAdmin[Any]
else:
    Desk = admin.ModelAdmin


@admin.register(Setting)
class SettingAdmin(Desk):
    """To look at only; of secrets no more than that they are there."""

    list_display = ["key", "value", "key_version", "updated_at"]
    fields = ["key", "value", "key_version", "updated_at"]
    readonly_fields = ["key", "value", "key_version", "updated_at"]
    search_fields = ["key"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Setting | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Setting | None = None) -> bool:
        """Nobody."""
        return False
