"""What the settings know of this room: the library of last resort, the trash, the storage roots."""

import shutil
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library
from library.queries.libraries import DEFAULT_LIBRARY
from videorama.preferences.checklist import Step
from videorama.preferences.registry import Choices, Preference

PREFERENCES = (
    Preference(
        DEFAULT_LIBRARY,
        _("Usual library"),
        "choice",
        "",
        help=_("Takes what has no library and fits no rule, from everybody who may edit it."),
        choices=lambda: _shelves(),
    ),
    Preference(
        "storage.trash_days",
        _("Days in the trash"),
        "number",
        30,
        help=_("So long deleted entries can be brought back; then their files go, too."),
        low=1,
        high=3650,
        env="VIDEORAMA_TRASH_DAYS",
    ),
)

STEPS = (
    Step(
        name="library",
        order=10,
        label=_("Make a library"),
        help=_("A shelf with a folder of its own on the disk."),
        link=("library:library_new",),
        is_done=lambda user: Library.objects.exists(),
    ),
    Step(
        name="import",
        order=20,
        label=_("Import something"),
        help=_("A link or a file is all it needs."),
        link=("imports:import_new",),
        is_done=lambda user: Entry.objects.exists(),
    ),
)


def storage(request: HttpRequest) -> dict[str, Any]:
    """The storage roots with their space and the libraries in them."""
    counts = Library.objects.order_by().values_list("root").annotate(number=Count("pk"))
    libraries = dict(counts)
    roots = []
    for name, folder in settings.ROOTS.items():
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            usage = None
        share = round(100 * (usage.total - usage.free) / usage.total) if usage else 0
        roots.append(
            {
                "name": name,
                "folder": str(folder),
                "usage": usage,
                "percent": share,
                "libraries": libraries.get(name, 0),
            }
        )
    return {"roots": roots}


def _shelves() -> Choices:
    shelves = Library.objects.values_list("slug", "name")
    return [("", _("None: what fits no rule waits in the inbox")), *shelves]
