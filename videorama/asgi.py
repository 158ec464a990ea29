"""HTTP and sockets."""

import json
import logging
import os
from typing import Any
from urllib.parse import urlsplit

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videorama.settings")
_django: Any = get_asgi_application()  # first: what follows needs the apps

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from imports.receiving import UploadMiddleware  # noqa: E402
from library.streaming import MediaMiddleware, ZeroCopy  # noqa: E402
from videorama.jobs.consumers import (  # noqa: E402
    TRY_AGAIN_LATER,
    LogSocket,
    PageSocket,
    StatusSocket,
)
from videorama.outages import is_outage  # noqa: E402

log = logging.getLogger(__name__)


class SmallBodies:
    """Refuses a body that is larger than any of our forms, before it is kept anywhere.

    Django writes the whole body to disk before it looks at who sends it.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        limit = scope.get("videorama.body_limit", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        is_over = announced.isdigit() and int(announced) > limit
        taken, has_started = 0, False

        async def counted() -> Any:
            nonlocal taken, is_over
            message = await receive()
            taken += len(message.get("body", b""))
            is_over = is_over or taken > limit
            # Django throws away what it has when the sender is gone.
            return {"type": "http.disconnect"} if is_over else message

        async def watched(message: Any) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        if not is_over:
            await self.app(scope, counted, watched)
        if is_over and not has_started:
            await _refuse_body(send)


async def _refuse_body(send: Any) -> None:
    message = "This is larger than what is taken here."
    body = json.dumps({"error": {"code": "too_large", "message": message, "details": {}}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class OwnOrigin:
    """Lets no page of another site use a visitor's session over a socket.

    Programs send no Origin. A browser extension has an origin of its own: it may come in, but with
    a token, so its cookies are taken away.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and not _is_own(origin, headers.get(b"host", b"").decode("latin-1").lower()):
            if urlsplit(origin).scheme in {"http", "https", ""}:
                await receive()
                await send({"type": "websocket.close", "code": 4403})
                return
            kept = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
            scope = {**scope, "headers": kept}
        await self.app(scope, receive, send)


def _is_own(origin: str, host: str) -> bool:
    given = urlsplit(origin)
    return origin == settings.PUBLIC_URL.lower() or (
        given.scheme in {"http", "https"} and bool(host) and given.netloc == host
    )


class Outages:
    """Lets sockets come back later when the database is away: 1013, and one line in the log."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent: set[str] = set()

        async def noted(message: Any) -> None:
            sent.add(message["type"])
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("A socket could not be opened: %s", str(error).partition("\n")[0])
            if "websocket.accept" not in sent:
                await send({"type": "websocket.accept"})
            if "websocket.close" not in sent:
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})


async def unknown_socket(scope: Any, receive: Any, send: Any) -> Any:
    """No socket lives at this address."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4404})


_sockets = [
    path("ws/pages", PageSocket.as_asgi()),
    path("ws/jobs/status", StatusSocket.as_asgi()),
    path("ws/jobs/<uuid:job_id>/logs", LogSocket.as_asgi()),
    re_path("", unknown_socket),
]
application = ProtocolTypeRouter(
    {
        "http": ZeroCopy(UploadMiddleware(SmallBodies(MediaMiddleware(_django)))),
        "websocket": OwnOrigin(Outages(AuthMiddlewareStack(URLRouter(_sockets)))),
    }
)
