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
        """Registers the pages and their tabs, the general settings and the providers."""
        from videorama import pages
        from videorama.preferences import checklist, providers, queries, registry

        for section in (
            registry.Section("general", _("General"), "settings", 10),
            registry.Section("storage", _("Storage"), "disk", 30),
            registry.Section("downloader", _("Downloads"), "download", 40),
            registry.Section("providers", _("Providers"), "spark", 50, help=_PROVIDERS),
            registry.Section("ledger", _("Ledger"), "ledger", 85, url_name="ledger:fact_list"),
            registry.Section("diagnostics", _("Diagnostics"), "pulse", 90, url_name="diagnostics"),
            registry.Section("version", _("Version"), "info", 95, url_name="version"),
        ):
            registry.register_section(section)
        registry.register(*_general(checklist.KEY), *providers.PREFERENCES)
        registry.register_panel("general", "preferences/_address.html", _address)
        registry.register_test("providers", _("Test the language model"), providers.try_llm)
        checklist.register(
            checklist.Step(
                name="llm",
                order=90,
                label=_("Connect a language model"),
                help=_("Nothing asks it yet; rules decide where imports go."),
                link=("preferences:section", "providers"),
                is_done=lambda user: providers.is_llm_set(),
                is_optional=True,
            )
        )
        pages.provide("settings_tabs", _tabs)
        pages.provide("checklist", checklist.open_steps)
        pages.provide("site_name", lambda request: queries.value("general.site_name"))


_PROVIDERS = _(
    "Services that others run for you. Rules decide where imports go, with or without a language "
    "model: nothing asks the one set here yet. It is kept, and tested when you say so."
)


def _general(first_steps: str) -> list[Any]:
    """The settings of no room in particular."""
    from videorama.preferences.registry import Preference

    return [
        Preference(
            "general.site_name",
            _("Name of this server"),
            "text",
            "Videorama",
            help=_("Stands in the sidebar and in the titles of pages."),
            check=_is_short,
        ),
        Preference(
            first_steps,
            _("Show the first steps on the library page"),
            "flag",
            True,
            help=_("They go by themselves when all are done."),
        ),
    ]


def _address(request: HttpRequest) -> dict[str, Any]:
    """Where people reach this server, as the environment says."""
    from django.conf import settings

    return {"url": settings.PUBLIC_URL, "is_https": settings.IS_HTTPS}


def _is_short(name: str) -> None:
    from django.utils.translation import gettext

    from videorama.errors import Invalid

    if not 0 < len(name) <= 40:
        raise Invalid(gettext("Enter a name of up to 40 characters."))


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages of the settings, for the tabs beside each of them."""
    from django.urls import reverse

    from videorama.preferences.registry import sections

    tabs = []
    for one in sections():
        own = reverse("preferences:section", args=[one.name])
        url = reverse(one.url_name) if one.url_name else own
        is_current = request.path.startswith(url)
        tabs.append({"url": url, "label": one.label, "icon": one.icon, "is_current": is_current})
    return tabs
