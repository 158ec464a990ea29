"""Asking for imports."""

import hashlib
import json
import shutil
import threading
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from imports import errors, queries, sources
from imports.models import Decision, InboxItem
from library import services as library_services
from library.models import Entry, Library
from library.queries import default_library_for, editable_libraries_for
from videorama.accounts.models import User
from videorama.adapters import ytdlp
from videorama.adapters.errors import BlockedAddress, SourceBusy, SourceError
from videorama.adapters.guard import NetworkPolicy
from videorama.adapters.media import PRESETS, SourceInfo, is_preset
from videorama.errors import NotAllowed
from videorama.jobs import services as jobs
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.queries import equal_job

# What a source answers, as opposed to what is wrong with the request.
NOT_READABLE = (SourceError, SourceBusy)
DEFAULT_PRESET = "video_max"
PREVIEW_TIMEOUT_S = 45
# Each is a child process of some 60 MB that lives as long as its request.
MAX_PREVIEWS = 4
_previews = threading.BoundedSemaphore(MAX_PREVIEWS)
MAX_KEY_LENGTH = 200


@dataclass(frozen=True)
class Preview:
    """What an address leads to, and the entry that already came from it, if any."""

    info: SourceInfo
    known: Entry | None


def network_policy() -> NetworkPolicy:
    """Which addresses an import may reach: public ones, and those the operator allowed by name."""
    return NetworkPolicy(settings.ALLOW_PRIVATE)


def request_import(
    *,
    user: User,
    url: str,
    library: Library | None = None,
    preset: str = "",
    auto_mode: bool = True,
    force: bool = False,
    source: str = "web",
    imported_by: str = "",
    idempotency_key: str = "",
) -> Job:
    """The job that imports `url`; `was_reused` is true on it when an equal request is still open.

    Without a library the user's default one is taken, made when there is none; with `auto_mode`
    off it goes to the inbox instead. Nothing is looked up on the network. Raises BadAddress,
    BlockedTarget, UnknownPreset, NotAllowed, and AlreadyImported unless `force`.
    """
    origin = checked_source(url)
    preset = checked_preset(preset)
    _require_editor(user, library)
    key = _request_key(
        user.pk, library.slug if library else "auto", origin.normalized, preset, auto_mode, force
    )
    idempotency_key = idempotency_key[:MAX_KEY_LENGTH]
    earlier = equal_job(user, dedup_key=key, idempotency_key=idempotency_key)
    if earlier is not None:
        return earlier
    if not force and (known := queries.known_address(user, origin)):
        raise already_imported(known)
    target = library or (_default_library(user) if auto_mode else None)
    return jobs.enqueue(
        kind="import",
        owner=user,
        title=origin.url[:500],
        library=target.slug if target else "",
        params={
            "url": origin.url,
            "normalized_url": origin.normalized,
            "preset": preset,
            "auto_mode": auto_mode,
            "force": force,
            "source": source,
            "imported_by": imported_by or user.get_username(),
        },
        dedup_key=key,
        idempotency_key=idempotency_key,
    )


def preview(*, user: User, url: str) -> Preview:
    """Asks the source what it has, within the request and a time limit; nothing is written.

    Raises what request_import raises for the address, the downloader's own errors, and
    TooManyPreviews when this process looks at enough addresses already.
    """
    origin = checked_source(url)
    _require_editor(user, None)
    if not _previews.acquire(blocking=False):
        raise errors.TooManyPreviews(retry_after_s=5)
    try:
        info = ytdlp.probe(origin.url, policy=network_policy(), timeout_s=PREVIEW_TIMEOUT_S)
    finally:
        _previews.release()
    return Preview(info=info, known=queries.known_media(user, origin, info))


def tidy_up(*, job_id: int) -> None:
    """Removes what an import left behind that ended without success, wherever it stopped.

    Mostly there is nothing left. There is when the job was cancelled or gave up while it waited for
    another attempt, since then no run of it comes any more.
    """
    job = Job.objects.filter(pk=job_id, kind="import").first()
    if job is None or job.is_open:
        return
    library_services.discard_incoming(job_uuid=job.uuid)
    if job.status != JobStatus.COMPLETED:
        # A kill between writing the item and ending the job, then a cancel.
        for item in InboxItem.objects.filter(job=job, decision=Decision.OPEN):
            item.delete()
            if item.held:
                shutil.rmtree(library_services.held_folder(root=item.root, item_uuid=job.uuid))


def sweep() -> int:
    """Removes incoming folders whose job is not open any more; gives how many.

    For the start of the program, before any job runs: a kill between the end of a job's row and
    its tidying up leaves such a folder.
    """
    return library_services.sweep_incoming(queries.open_job_uuids())


def checked_source(url: str) -> sources.Source:
    """The address, refused where that can be seen without asking the network."""
    origin = sources.parse(url)
    policy = network_policy()
    try:
        policy.check_url(origin.url)
        # Unusual spellings of an address show only in the normalised one.
        policy.check_url(origin.normalized)
    except BlockedAddress as error:
        raise errors.BlockedTarget(technical=error.technical) from error
    return origin


def checked_preset(name: str) -> str:
    """A preset or the id of an offered format; the default preset for an empty name."""
    name = name or DEFAULT_PRESET
    if not is_preset(name):
        raise errors.UnknownPreset(details={"known": list(PRESETS)})
    return name


def already_imported(entry: Entry) -> errors.AlreadyImported:
    """The refusal that names the entry the asker already has."""
    return errors.AlreadyImported(
        _("This is already in your library as “%(title)s”.") % {"title": entry.title},
        details={"entry_id": str(entry.uuid), "title": entry.title},
    )


def _require_editor(user: User, library: Library | None) -> None:
    """Editors import anywhere they may edit; a viewer only into libraries they are editor of."""
    editable = editable_libraries_for(user)
    if library is not None:
        if not editable.filter(pk=library.pk).exists():
            raise NotAllowed(_("You may look into this library, but not add to it."))
    elif not user.is_editor and not editable.exists():
        raise NotAllowed(_("Your account may watch, but not import."))


def _default_library(user: User) -> Library:
    """Where an import without a library goes."""
    found = default_library_for(user)
    if found is not None:
        return found
    if not user.is_editor:
        raise NotAllowed(_("Choose the library to import into."))
    return library_services.ensure_default_library(user=user)


def _request_key(*parts: object) -> str:
    """Equal for equal requests, and short enough for the column."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
