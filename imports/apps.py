"""App name, the kind of job this room works, and tidying up after one that ended."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ImportsConfig(AppConfig):
    """The room imports."""

    name = "imports"
    label = "imports"

    def ready(self) -> None:
        """Registers the kinds of this room, and listens for the end of their jobs."""
        from imports import preferences
        from library.services import on_move
        from videorama.jobs.kinds import register_facts
        from videorama.jobs.signals import job_finished
        from videorama.preferences import checklist, registry

        _register_kinds()
        _register_errands()
        register_facts(_facts)
        job_finished.connect(_tidy_up, dispatch_uid="imports.tidy_up")
        on_move(_moved)
        _provide_inbox()
        registry.register(*preferences.PREFERENCES)
        checklist.register(preferences.PRESET_STEP)


def _register_kinds() -> None:
    """What this room works: imports, and filing from the inbox."""
    from videorama.jobs.kinds import Kind, Stage, register
    from videorama.jobs.models import Queue

    register(
        Kind(
            name="import",
            label=pgettext_lazy("noun", "Import"),
            task="imports.run_import",
            queue=Queue.HEAVY,
            stages=(
                Stage("probe", _("Looking at the source"), 0, 5),
                Stage("download", _("Downloading"), 5, 75),
                Stage("fingerprint", _("Comparing with the library"), 75, 78),
                Stage("inspect", _("Looking into the file"), 78, 80),
                Stage("metadata", _("Reading title and chapters"), 80, 84),
                Stage("decide", _("Finding its place"), 84, 85),
                Stage("store", _("Storing"), 85, 95),
                Stage("poster", _("Making the picture"), 95, 100),
            ),
            card="imports/_card.html",
            labels=_labels,
        )
    )
    register(
        Kind(
            name="file",
            label=_("Filing"),
            task="imports.run_filing",
            queue=Queue.QUICK,
            stages=(
                Stage("store", _("Storing"), 0, 85),
                Stage("poster", _("Adding the picture"), 85, 100),
            ),
        )
    )


def _register_errands() -> None:
    """What this room works besides: folders that are read in, metadata asked for again."""
    from videorama.jobs.kinds import Kind, Stage, register
    from videorama.jobs.models import Queue

    register(
        Kind(
            name="folder",
            label=_("Folder"),
            task="imports.run_folder",
            queue=Queue.QUICK,  # Its imports are heavy: it must never wait for its own place.
            stages=(
                Stage("scan", _("Looking through the folder"), 0, 5),
                Stage("import", _("Importing its files"), 5, 100),
            ),
        )
    )
    register(
        Kind(
            name="refresh",
            label=_("Refresh"),
            task="imports.run_refresh",
            queue=Queue.QUICK,
            stages=(
                Stage("probe", _("Looking at the source"), 0, 70),
                Stage("change", _("Taking over what is new"), 70, 100),
            ),
        )
    )


def _labels(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A file that is here already has no source to ask and is not downloaded."""
    if not params.get("file"):
        return {}
    return {"probe": _("Looking at the file"), "download": _("Bringing it in")}


def _provide_inbox() -> None:
    """How many items wait, in the frame of every page."""
    from imports import inbox_pages, inbox_parts
    from videorama import pages
    from videorama.jobs import parts

    pages.provide("inbox_count", inbox_parts.count)
    pages.provide("decides", inbox_parts.decides)
    pages.provide("filing", inbox_pages.filing_on)
    parts.register(inbox_parts.PART, inbox_parts.badges)


def _facts(job: Any, user: Any) -> list[tuple[Any, str]]:
    """Where an import comes from, and in which format."""
    from imports.choices import preset_words

    if job.kind != "import":
        return []
    file, preset = job.params.get("file") or {}, job.params.get("preset", "")
    found = [(_("Source"), job.params.get("url", "")), (_("File"), file.get("name", ""))]
    found.append((_("Format"), preset_words(preset)))
    return [(label, value) for label, value in found if value]


def _moved(entry_id: int) -> None:
    from imports.services.learning import notice_move

    notice_move(entry_id)


def _tidy_up(sender: object, job_id: int, **more: Any) -> None:
    from imports.services import join_filed, tidy_up, tidy_up_filing

    tidy_up(job_id=job_id)
    tidy_up_filing(job_id=job_id)
    join_filed(job_id=job_id)
