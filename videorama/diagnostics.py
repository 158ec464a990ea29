"""How this server is: versions, folders, workers, settings, for pages, API and command line."""

import os
import platform
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from videorama.adapters import ffmpeg, ytdlp
from videorama.jobs import queries as jobs
from videorama.preferences import queries as preferences
from videorama.preferences import registry
from videorama.preferences.queries import State

Tone = Literal["", "good", "warn", "bad"]
# videorama.embedded gives its threads these names; without either no job runs.
WORKING_THREADS = {"worker", "leases"}
_LAST_FAILURES = 5


@dataclass(frozen=True)
class Line:
    """One finding; a tone says that it needs somebody, or that it was checked."""

    label: str
    value: str
    tone: Tone = ""


@dataclass(frozen=True)
class Group:
    """Findings of one kind."""

    title: str
    lines: list[Line]


def changes() -> list[tuple[str, list[str]]]:
    """What each version brought, newest first, as the changelog says."""
    parts = (part.partition("\n") for part in settings.CHANGES.split("\n## "))
    return [
        (name.strip(), [" ".join(line.split()) for line in f"\n{text}".split("\n- ")[1:]])
        for name, _newline, text in parts
    ]


def report() -> list[Group]:
    """Everything an operator is asked for when something is wrong. Secrets are masked."""
    return [
        Group(_("Versions"), [Line(name, text) for name, text in versions().items()]),
        Group(_("Server"), _server()),
        Group(_("Storage"), _storage()),
        Group(_("Jobs"), _jobs()),
        Group(_("Settings"), [_setting(one) for one in preferences.states(_all_settings())]),
    ]


def as_text(groups: list[Group]) -> str:
    """The report to copy into a message; what needs somebody has a mark of exclamation."""
    blocks = []
    for group in groups:
        lines = [
            f"{'! ' if line.tone in {'warn', 'bad'} else '  '}{line.label}: {line.value}"
            for line in group.lines
        ]
        blocks.append("\n".join([group.title, *lines]))
    return "\n\n".join(blocks) + "\n"


def versions() -> dict[str, str]:
    """The parts this server is made of."""
    return {
        "videorama": settings.VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "sqlite": sqlite3.sqlite_version,
        "yt-dlp": version("yt-dlp"),
        "ffmpeg": ffmpeg.ffmpeg_version(),
        "node": ytdlp.node_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def database_answers() -> bool:
    """The database can be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def workers_run() -> bool:
    """This process works through jobs."""
    return {one.name for one in threading.enumerate()} >= WORKING_THREADS


def takes_files(folder: Path) -> bool:
    """Files can be written there."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
    except OSError:
        return False
    return True


def disk_takes_files() -> bool:
    """Files can be written into the data folder and every storage root."""
    return all(takes_files(folder) for folder in {settings.DATA, *settings.ROOTS.values()})


def space(folder: Path) -> Mapping[str, int]:
    """Size and free bytes of the disk below; empty when it cannot be asked."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return {}
    return {"total_bytes": usage.total, "free_bytes": usage.free}


def _server() -> list[Line]:
    now = timezone.now()
    missing = _missing_migrations()
    return [
        Line(_("Address"), settings.PUBLIC_URL),
        Line(_("Listens on"), f"{settings.HOST}:{settings.PORT}"),
        Line(
            _("Names"),
            _("private names and addresses")
            if settings.ONLY_PRIVATE_HOSTS
            else ", ".join(settings.ALLOWED_HOSTS),
        ),
        Line(_("Trusted proxies"), ", ".join(settings.TRUSTED_PROXIES) or _("none")),
        Line(_("Private addresses allowed"), ", ".join(settings.ALLOW_PRIVATE) or _("none")),
        Line(_("Clock"), now.isoformat(timespec="seconds")),
        Line(_("Process"), str(os.getpid())),
        Line(_("Migrations"), missing or _("all applied"), "bad" if missing else "good"),
    ]


def _missing_migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return ", ".join(f"{migration.app_label} {migration.name}" for migration, _back in plan)


def _storage() -> list[Line]:
    folders = {_("Data folder"): settings.DATA} | {
        _("Root %(name)s") % {"name": name}: folder for name, folder in settings.ROOTS.items()
    }
    lines = []
    for label, folder in folders.items():
        found = space(folder)
        if not found or not takes_files(folder):
            lines.append(Line(label, _("%(folder)s takes no files") % {"folder": folder}, "bad"))
            continue
        text = _("%(folder)s, %(free)s of %(total)s free") % {
            "folder": folder,
            "free": filesizeformat(found["free_bytes"]),
            "total": filesizeformat(found["total_bytes"]),
        }
        lines.append(Line(label, text, "good"))
    return lines


def _jobs() -> list[Line]:
    state = jobs.overall()
    is_working = workers_run()
    lines = [
        Line(
            _("Workers"),
            _("running in this process") if is_working else _("not in this process"),
            "good" if is_working else "warn",
        ),
        Line(_("Slots"), ", ".join(f"{name} {n}" for name, n in jobs.job_slots().items())),
        Line(_("Running"), str(state.running)),
        Line(_("Waiting"), str(state.waiting)),
    ]
    if state.oldest_waiting is not None:
        lines.append(Line(_("Waits longest"), timesince(state.oldest_waiting)))
    for job in jobs.last_failures(_LAST_FAILURES):
        text = f"{job.kind}, {job.error_code}: {job.error_message}"
        ended = job.ended_at.isoformat(timespec="seconds") if job.ended_at else ""
        lines.append(Line(_("Failed %(time)s") % {"time": ended}, text, "warn"))
    return lines


def _all_settings() -> list[registry.Preference]:
    return registry.preferences()


def _setting(state: State) -> Line:
    if not state.is_readable:
        return Line(state.preference.key, _("cannot be read, enter it again"), "bad")
    shown = str(state.shown) if state.shown != "" else _("empty")
    words = {"stored": _("stored"), "environment": _("environment"), "default": _("default")}
    return Line(state.preference.key, f"{shown} ({words[state.source]})")
