"""HTTP and sockets."""

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

from library.streaming import MediaMiddleware  # noqa: E402
from videorama.jobs.consumers import LogSocket, PageSocket, StatusSocket  # noqa: E402


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


async def unknown_socket(scope: Any, receive: Any, send: Any) -> Any:
    """No socket lives at this address."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4404})


application = ProtocolTypeRouter(
    {
        "http": MediaMiddleware(_django),
        "websocket": OwnOrigin(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("ws/pages", PageSocket.as_asgi()),
                        path("ws/jobs/status", StatusSocket.as_asgi()),
                        path("ws/jobs/<uuid:job_id>/logs", LogSocket.as_asgi()),
                        re_path("", unknown_socket),
                    ]
                )
            )
        ),
    }
)
