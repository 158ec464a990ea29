"""API of the imports room: import a link, look at one, try a connection."""

from dataclasses import asdict
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Field, HeaderEx, P, Router, Schema, Status

from imports import services
from library.queries import library_by_slug
from videorama.accounts.auth import caller, optional_user
from videorama.jobs.api import JobAnswer
from videorama.jobs.queries import job_document

router = Router(tags=["import"])


class ImportIn(Schema):
    """What to import and how. Without a library the default one is taken."""

    url: str = Field(min_length=1)
    library_id: str | None = None
    format: str | None = None
    auto_mode: bool = True
    force: bool = False


class ProbeIn(Schema):
    """What to look at."""

    url: str = Field(min_length=1)


class FolderIn(Schema):
    """A folder of this server, or one file, and what becomes of its files.

    `path` is relative to the storage root, or absolute and inside one.
    """

    path: str = Field(max_length=1_000)
    root: str = Field("", max_length=30)
    recursive: bool = True
    mode: Literal["move", "copy", "index"] = "copy"
    extensions: list[str] = Field(list(services.EXTENSIONS), min_length=1, max_length=50)
    library_id: str | None = None


class Problem(Schema):
    """Why it could not be read."""

    code: str
    message: str


class ProbedFormat(Schema):
    """One quality on offer; `id` can be sent as `format` of an import."""

    id: str
    label: str
    height: int | None
    video_codec: str
    audio_codec: str
    container: str
    size_bytes: int | None
    bitrate: int | None


class ProbeAnswer(Schema):
    """What a link leads to. With `success` false only `url` and `error` say something."""

    success: bool
    url: str
    error: Problem | None = None
    title: str = ""
    description: str = ""
    uploader: str = ""
    platform: str = ""
    duration_s: float | None = None
    thumbnail_url: str | None = None
    is_live: bool = False
    presets: list[str] = []
    formats: list[ProbedFormat] = []
    subtitle_languages: list[str] = []
    entry_id: str | None = Field(None, description="The entry that already came from it.")


class Who(Schema):
    """Whose token was sent."""

    username: str
    role: str


class Validation(Schema):
    """A server that can be used, and who the caller is when a token was sent."""

    ok: bool
    version: str
    user: Who | None


@router.post("/url", response={202: JobAnswer})
def import_url(
    request: HttpRequest,
    body: ImportIn,
    idempotency_key: HeaderEx[str, P(alias="Idempotency-Key", max_length=200)] = "",
) -> Status[dict[str, Any]]:
    """Starts an import; an equal request that is still open gets the same job."""
    user = caller(request)
    job = services.request_import(
        user=user,
        url=body.url,
        library=library_by_slug(user, body.library_id) if body.library_id else None,
        preset=body.format or "",
        auto_mode=body.auto_mode,
        force=body.force,
        source="api",
        idempotency_key=idempotency_key,
    )
    return Status(202, {"job": job_document(job)})


@router.post("/filesystem", response={202: JobAnswer})
def import_filesystem(request: HttpRequest, body: FolderIn) -> Status[dict[str, Any]]:
    """Reads in a folder of this server; for administrators.

    The job's result counts what was `found`, `imported`, `skipped` (there already) and `errors`.
    """
    user = caller(request)
    library = library_by_slug(user, body.library_id) if body.library_id else None
    given = body.model_dump(exclude={"library_id"})
    job = services.request_folder_import(user=user, library=library, **given)
    return Status(202, {"job": job_document(job)})


@router.post("/probe", response=ProbeAnswer)
def probe(request: HttpRequest, body: ProbeIn) -> dict[str, Any]:
    """Says what a link leads to and writes nothing."""
    user = caller(request)
    services.checked_source(body.url)
    try:
        found = services.preview(user=user, url=body.url)
    except services.NOT_READABLE as error:
        problem = {"code": error.code, "message": error.message}
        return {"success": False, "url": body.url, "error": problem}
    info = found.info
    return {
        "success": True,
        "url": info.webpage_url or info.url,
        "title": info.title,
        "description": info.description,
        "uploader": info.uploader,
        "platform": info.platform,
        "duration_s": info.duration_s,
        "thumbnail_url": info.thumbnail_url or None,
        "is_live": info.is_live,
        "presets": info.presets,
        "formats": [asdict(offer) for offer in info.formats],
        "subtitle_languages": info.subtitle_languages,
        "entry_id": str(found.known.uuid) if found.known else None,
    }


@router.get("/validate", auth=None, response=Validation)
def validate(request: HttpRequest) -> dict[str, Any]:
    """Lets a client try address and token: open to all, but a wrong token is refused."""
    user = optional_user(request)
    who = {"username": user.get_username(), "role": user.role} if user else None
    return {"ok": True, "version": settings.VERSION, "user": who}
