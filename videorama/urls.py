"""Mounts pages, API, admin and health."""

import importlib

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from videorama import api, views

handler403 = "videorama.views.forbidden"
handler404 = "videorama.views.missing"
handler500 = "videorama.views.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", views.health, name="health"),
    path("admin/", admin.site.urls),
    path("api/", api.root, name="api-root"),
    path("api/v1/", api.api.urls),
    path("", include("videorama.accounts.urls")),
]
for _prefix, _room in (
    ("jobs/", "videorama.jobs.urls"),
    ("import/", "imports.urls"),
    ("", "library.urls"),
):
    try:
        importlib.import_module(_room)
    except ImportError:
        continue
    urlpatterns.append(path(_prefix, include(_room)))
urlpatterns.append(path("api/<path:rest>", api.unknown))
