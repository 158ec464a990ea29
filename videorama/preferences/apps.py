"""App name, the pages of the settings that belong to no other room, and their tabs."""

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class PreferencesConfig(AppConfig):
    """The room preferences."""

    name = "videorama.preferences"
    label = "preferences"

    def ready(self) -> None:
        """Registers the pages and their tabs."""
        from videorama import pages
        from videorama.preferences.registry import Section, register_section

        register_section(Section("general", _("General"), "settings", 10))
        register_section(Section("storage", _("Storage"), "disk", 20))
        register_section(Section("downloader", _("Downloads"), "download", 30))
        pages.provide("settings_tabs", _tabs)


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages of the settings, for the tabs beside each of them."""
    from django.urls import reverse

    from videorama.preferences.registry import sections

    tabs = []
    for one in sections():
        url = (
            reverse(one.url_name)
            if one.url_name
            else reverse("preferences:section", args=[one.name])
        )
        tabs.append(
            {
                "url": url,
                "label": one.label,
                "icon": one.icon,
                "is_current": request.path.startswith(url),
            }
        )
    return tabs
