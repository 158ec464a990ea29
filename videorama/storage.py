"""Static files under names that carry their content, so browsers may keep them for ever."""

from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Hashed names, also inside stylesheets and in imports of ES modules.

    A file that the manifest does not know (nothing collected yet, or added since) keeps its plain
    name, under which WhiteNoise finds it too: a fresh checkout and the tests need no collecting.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name if it was collected, else the name itself."""
        known: str | None = self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return known or name


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise for an asynchronous server: bodies are handed over whole.

    Django's ASGI handler would read WhiteNoise's file iterators to their end anyway, with a warning
    each time; static files are small.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """The answer for one static file, with WhiteNoise's own status and headers."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as opened:
                body = opened.read()
        answer = HttpResponse(body, status=int(found.status))
        del answer["Content-Type"]
        for key, value in found.headers:
            answer[key] = value
        return answer
