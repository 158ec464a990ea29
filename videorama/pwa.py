"""What lets a browser install Videorama: manifest, service worker, and the page without network."""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from videorama.pages import render_page

# The canvas of the design in its dark scheme, as in parts/_head.html.
_DARK = "#0c1215"
# What the page without network shows, beside the style sheets.
_PICTURES = ("img/favicon.svg", "img/icons.svg", "img/art/fjord.svg")


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What an installed Videorama is called and looks like, and what may be shared with it."""
    icons = [("img/icon-192.png", 192, "any"), ("img/icon-512.png", 512, "any")]
    icons.append(("img/icon-maskable-512.png", 512, "maskable"))
    shown = [
        {"src": static(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in icons
    ]
    document = {
        "id": "/",
        "name": "Videorama",
        "short_name": "Videorama",
        "description": _("Import, find and play what your libraries hold."),
        "lang": get_language(),
        "start_url": reverse("library:entry_list"),
        "scope": "/",
        "display": "standalone",
        "theme_color": _DARK,
        "background_color": _DARK,
        "icons": shown,
        "shortcuts": [{"name": _("Import"), "url": reverse("imports:import_new")}],
        "share_target": {
            "action": reverse("imports:import_new"),
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    response = JsonResponse(document, content_type="application/manifest+json")
    patch_cache_control(response, public=True, max_age=3600)
    return response


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the page without network. It keeps static files and that page only."""
    styles = (settings.BASE_DIR / "static" / "css").rglob("*.css")
    names = [*sorted(_static_name(path) for path in styles), *_PICTURES]
    offline = reverse("offline")
    kept = [offline, *(static(name) for name in names)]
    # A new release, new files or new words make a new cache, and the old one goes.
    marks = json.dumps([settings.VERSION, kept, render_to_string("offline.html")])
    context = {
        "version": hashlib.sha256(marks.encode()).hexdigest()[:12],
        "kept": json.dumps(kept),
        "offline": json.dumps(offline),
        "static": json.dumps(settings.STATIC_URL),
    }
    response = HttpResponse(
        render_to_string("sw.js", context), content_type="text/javascript; charset=utf-8"
    )
    response["Service-Worker-Allowed"] = "/"
    patch_cache_control(response, no_cache=True)
    return response


def _static_name(path: Path) -> str:
    return path.relative_to(settings.BASE_DIR / "static").as_posix()


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Shown by the service worker when the server cannot be reached; says nothing of anybody."""
    return render_page(request, "offline.html")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For pages that name no icon, such as the repair desk."""
    response = redirect(static("img/favicon.svg"))
    patch_cache_control(response, public=True, max_age=3600)
    return response
