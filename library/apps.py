"""App name, the kinds of job this room works, and what it tells the rooms below."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    """The room library."""

    name = "library"
    label = "library"

    def ready(self) -> None:
        """Registers the kinds of job, who may edit what, and the shelves of the frame."""
        post_migrate.connect(_derive, sender=self, dispatch_uid="library.derived")
        from library import preferences
        from library.queries import PASSING_FOLDERS, editable_slugs, kept_files
        from videorama import pages
        from videorama.accounts.services import on_first_run
        from videorama.backup import media
        from videorama.jobs.kinds import Kind, Stage, register, register_facts
        from videorama.jobs.models import Queue
        from videorama.jobs.queries import register_editable_libraries
        from videorama.preferences import checklist, registry

        kinds = {
            "sprite": (_("Preview frames"), _("Making preview frames")),
            "playable": (_("Browser copy"), _("Converting")),
        }
        for name, (label, work) in kinds.items():
            register(
                Kind(
                    name=name,
                    label=label,
                    task=f"library.make_{name}",
                    queue=Queue.HEAVY,
                    stages=(Stage("make", work, 0, 95), Stage("store", _("Storing"), 95, 100)),
                )
            )
        register(
            Kind(
                name="move",
                label=_("Move"),
                task="library.move",
                queue=Queue.QUICK,
                stages=(
                    Stage("check", _("Looking at what is to be moved"), 0, 2),
                    Stage("move", _("Moving files"), 2, 100),
                ),
            )
        )
        register(
            Kind(
                name="bulk",
                label=_("Change of many entries"),
                task="library.change_many",
                queue=Queue.QUICK,
                stages=(Stage("change", _("Changing entries"), 0, 100),),
            )
        )
        register_editable_libraries(editable_slugs)
        media.register(kept_files, passing=PASSING_FOLDERS)
        register_facts(_facts)
        pages.provide("libraries", _shelves)
        on_first_run(_first_shelf)
        registry.register(*preferences.PREFERENCES)
        registry.register_panel("storage", "library/_storage.html", preferences.storage)
        for step in preferences.STEPS:
            checklist.register(step)


def _derive(sender: object, using: str, **more: Any) -> None:
    """Django remakes tables on SQLite, and their triggers are gone; see derived.py."""
    from library import derived

    if derived.has_tables(using):  # Else the room was migrated back to before them.
        derived.install(using)


def _facts(job: Any, user: Any) -> list[tuple[Any, str]]:
    """The library of a job, by the name it has."""
    from library.queries import libraries_for

    found = libraries_for(user).filter(slug=job.library).values_list("name", flat=True)
    return [(_("Library"), name) for name in found[:1]] if job.library else []


def _shelves(request: HttpRequest) -> list[Any]:
    """The libraries of the asker with `entry_count`, by name."""
    from library.queries import shelves_for

    user: Any = request.user
    return list(shelves_for(user))


def _first_shelf(user: Any, name: str) -> None:
    """The library a new server starts with, named as its administrator wants."""
    from library import services

    shelf = services.ensure_default_library(user=user)
    if name:
        services.edit_library(user=user, library=shelf, name=name)
