"""Media routes: the only part of the API that also takes a session, for players and pictures."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from library import queries
from library.models import FileRole, TransferKind
from library.streaming import deliver
from videorama.accounts.auth import media_user
from videorama.accounts.models import User
from videorama.errors import NotFound, Unauthenticated

router = Router(tags=["media"], auth=None)
READ = ["GET", "HEAD"]
# Pictures and subtitles change only with their row's id; the tag is asked again after an hour.
KEPT = "private, max-age=3600"


class Which(Schema):
    """The original as it was delivered, or its copy that every browser plays."""

    as_: Literal["original", "playable"] = "original"

    model_config = {"populate_by_name": True, "alias_generator": lambda name: name.rstrip("_")}


@router.api_operation(READ, "/{uuid:entry_id}/stream", url_name="stream")
def stream(request: HttpRequest, entry_id: UUID, which: Query[Which]) -> HttpResponse:
    """For playing; takes byte ranges."""
    user = _user(request)
    entry = queries.entry_by_uuid(user, entry_id)
    file = queries.playable_file(entry, which.as_)
    return deliver(request, user=user, entry=entry, file=file, kind=TransferKind.STREAM)


@router.api_operation(READ, "/{uuid:entry_id}/download", url_name="download")
def download(request: HttpRequest, entry_id: UUID, which: Query[Which]) -> HttpResponse:
    """For keeping; named after the title."""
    user = _user(request)
    entry = queries.entry_by_uuid(user, entry_id)
    file = queries.playable_file(entry, which.as_)
    is_original = file.role == FileRole.ORIGINAL
    kind = TransferKind.ORIGINAL if is_original else TransferKind.DOWNLOAD
    return deliver(request, user=user, entry=entry, file=file, kind=kind, attachment=True)


@router.api_operation(READ, "/{uuid:entry_id}/files/{str:file_id}", url_name="file")
def file(request: HttpRequest, entry_id: UUID, file_id: str) -> HttpResponse:
    """Any file of the entry by its id, or by its role where there is one of that role."""
    user = _user(request)
    entry = queries.entry_by_uuid(user, entry_id)
    for found in queries.files_of(entry):
        if file_id in {str(found.uuid), found.role}:
            response = deliver(request, user=user, entry=entry, file=found)
            response["Cache-Control"] = KEPT
            return response
    raise NotFound


@router.api_operation(READ, "/{uuid:entry_id}/thumbnail", url_name="thumbnail")
def thumbnail(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The poster."""
    user = _user(request)
    entry = queries.entry_by_uuid(user, entry_id)
    poster = queries.file_of(entry, FileRole.POSTER)
    if poster is None:
        raise NotFound
    response = deliver(request, user=user, entry=entry, file=poster)
    response["Cache-Control"] = KEPT
    return response


def _user(request: HttpRequest) -> User:
    user = media_user(request)
    if user is None:
        raise Unauthenticated
    return user
