"""Backups in the browser, for administrators."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from videorama.backup import queries, services
from videorama.pages import administrators_only

_BLOCK = 1 << 20


@require_POST
@administrators_only
def make(request: HttpRequest) -> HttpResponse:
    """Asks for a backup now."""
    user: Any = request.user
    if services.request_backup(user=user).was_reused:
        messages.info(request, _("A backup is being made already."))
    else:
        messages.success(request, _("A backup is being made."))
    return redirect("preferences:section", "backups")


@never_cache
@require_safe
@administrators_only
def download(request: HttpRequest, name: str) -> HttpResponse:
    """The archive; NoBackup for any other name. Taking it is a fact."""
    found = queries.find(name)
    user: Any = request.user
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Content-Type": "application/gzip",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    services.tell_download(user=user, name=found.name)
    answer = StreamingHttpResponse(_blocks(found.path), headers=headers)
    return answer  # type: ignore[return-value]


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    """The file in pieces: Django would read a plain file whole into memory."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
    finally:
        file.close()
