"""Asking for imports."""

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from imports import errors, queries
from imports.services.addresses import checked_source
from imports.services.downloading import default_preset
from library import services as library_services
from library.models import Entry, Library
from library.queries import default_library_for, editable_libraries_for
from videorama.accounts.models import User
from videorama.adapters.media import PRESETS, is_preset
from videorama.errors import NotAllowed
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.jobs.queries import equal_job
from videorama.ledger.services import record

MAX_KEY_LENGTH = 200


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
    given: dict[str, Any] | None = None,
) -> Job:
    """The job that imports `url`; `was_reused` is true on it when an equal request is still open.

    Without a library the rules find one once the media are known, or it waits in the inbox; with
    `auto_mode` off it always waits there. `given` is what was decided about it in the inbox
    (imports.given). Nothing is looked up on the network. Raises BadAddress,
    BlockedTarget, UnknownPreset, NotAllowed, and AlreadyImported unless `force`.
    """
    origin = checked_source(url)
    preset = checked_preset(preset)
    require_editor(user, library)
    key = _request_key(
        user.pk, library.slug if library else "auto", origin.normalized, preset, auto_mode, force
    )
    idempotency_key = idempotency_key[:MAX_KEY_LENGTH]
    earlier = equal_job(user, dedup_key=key, idempotency_key=idempotency_key)
    if earlier is not None:
        return earlier
    if not force and (known := queries.known_address(user, origin)):
        raise already_imported(known)
    with transaction.atomic():
        job = jobs.enqueue(
            kind="import",
            owner=user,
            title=origin.url[:500],
            library=library.slug if library else "",
            params={
                "url": origin.url,
                "normalized_url": origin.normalized,
                "preset": preset,
                "auto_mode": auto_mode,
                "chosen": library is not None,
                "force": force,
                "source": source,
                "imported_by": imported_by or user.get_username(),
                **({"given": given} if given else {}),
            },
            dedup_key=key,
            idempotency_key=idempotency_key,
        )
        if not job.was_reused:
            about = [("job", job.uuid), *([("library", library.slug)] if library else [])]
            data = {"host": urlsplit(origin.url).hostname or "", "source": source}
            record("import.requested", user=user, about=about, data=data)
    return job


def checked_preset(name: str) -> str:
    """A preset or the id of an offered format; the default preset for an empty name."""
    name = name or default_preset()
    if not is_preset(name):
        raise errors.UnknownPreset(details={"known": list(PRESETS)})
    return name


def already_imported(entry: Entry) -> errors.AlreadyImported:
    """The refusal that names the entry the asker already has."""
    return errors.AlreadyImported(
        _("This is already in your library as “%(title)s”.") % {"title": entry.title},
        details={"entry_id": str(entry.uuid), "title": entry.title},
    )


def require_editor(user: User, library: Library | None) -> None:
    """Editors import anywhere they may edit; a viewer only into libraries they are editor of."""
    editable = editable_libraries_for(user)
    if library is not None:
        if not editable.filter(pk=library.pk).exists():
            raise NotAllowed(_("You may look into this library, but not add to it."))
    elif not user.is_editor and not editable.exists():
        raise NotAllowed(_("Your account may watch, but not import."))


def default_library(user: User) -> Library:
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
