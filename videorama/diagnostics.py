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

from videorama import presence
from videorama.adapters import ffmpeg, ytdlp
from videorama.backup import queries as backups
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
        *([Group(_("Processes"), _processes())] if settings.IS_SCALE else []),
        Group(_("Backups"), _backups()),
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
        **_database_version(),
        "yt-dlp": version("yt-dlp"),
        "ffmpeg": ffmpeg.ffmpeg_version(),
        "node": ytdlp.node_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _database_version() -> dict[str, str]:
    """And of Redis, in scale mode."""
    if connection.vendor == "sqlite":
        return {"sqlite": sqlite3.sqlite_version}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            found = {"postgresql": str(cursor.fetchone()[0])}
    except DatabaseError:
        found = {"postgresql": _("does not answer")}
    if settings.IS_SCALE:
        found["redis"] = presence.redis_version() or _("does not answer")
    return found


def redis_answers() -> bool:
    """Redis can be asked; scale mode needs it."""
    return presence.redis_answers()


def database_answers() -> bool:
    """The database can be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def workers_run() -> bool:
    """Jobs of every queue are worked: in this process, or in scale mode in some other."""
    if settings.IS_SCALE:
        return not presence.queues_without_worker()
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
        Line(_("Mode"), _mode()),
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


def _mode() -> str:
    if settings.IS_SCALE:
        return _("many processes on PostgreSQL and Redis")
    database = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    return _("one process on %(database)s") % {"database": database}


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
    lines = [
        _workers(),
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


def _backups() -> list[Line]:
    newest = next(iter(backups.kept()), None)
    lines = [
        Line(
            _("Newest"),
            _("%(name)s, %(size)s, %(age)s old")
            % {
                "name": newest.name,
                "size": filesizeformat(newest.size),
                "age": timesince(newest.made_at),
            }
            if newest
            else _("none"),
            "good" if newest else "",
        )
    ]
    if problem := backups.problem(timezone.now()):
        lines.append(Line(_("Problem"), problem, "bad"))
    return lines


def _workers() -> Line:
    is_working = workers_run()
    if settings.IS_SCALE:
        text = _("for every queue")
        if not is_working:
            queues = ", ".join(presence.queues_without_worker())
            text = _("none for these queues: %(queues)s") % {"queues": queues}
    else:
        text = _("running in this process") if is_working else _("not in this process")
    return Line(_("Workers"), text, "good" if is_working else "warn")


def _processes() -> list[Line]:
    """Those that live, in scale mode."""
    words = {"web": _("Web server"), "worker": _("Worker"), "beat": _("Clock")}
    return [
        Line(
            f"{words[one.kind]} {one.queue}".strip(),
            _("%(host)s, process %(number)s, version %(version)s, since %(since)s") % one._asdict(),
            "" if one.version == settings.VERSION else "warn",
        )
        for one in presence.living()
    ]


def _all_settings() -> list[registry.Preference]:
    return registry.preferences()


def _setting(state: State) -> Line:
    if not state.is_readable:
        return Line(state.preference.key, _("cannot be read, enter it again"), "bad")
    shown = str(state.shown) if state.shown != "" else _("empty")
    words = {"stored": _("stored"), "environment": _("environment"), "default": _("default")}
    return Line(state.preference.key, f"{shown} ({words[state.source]})")
