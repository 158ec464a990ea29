"""Mounts pages, API, admin and health."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from videorama import api, pwa, views

handler403 = "videorama.views.forbidden"
handler404 = "videorama.views.missing"
handler500 = "videorama.views.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", views.health, name="health"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("favicon.ico", pwa.favicon, name="favicon"),
    path("admin/", admin.site.urls),
    path("api/", api.root, name="api-root"),
    path("api/v1/import/", include("imports.upload_urls")),
    path("api/v1/", api.api.urls),
    path("api/<path:rest>", api.unknown),
    path("", include("videorama.accounts.urls")),
    path("settings/diagnostics/", views.diagnostics_page, name="diagnostics"),
    path("settings/version/", views.version_page, name="version"),
    path("settings/backups/", include("videorama.backup.urls")),
    path("settings/", include("videorama.preferences.urls")),
    path("ledger/", include("videorama.ledger.urls")),
    path("jobs/", include("videorama.jobs.urls")),
    path("import/", include("imports.urls")),
    path("inbox/", include("imports.inbox_urls")),
    path("notifications/", include("analytics.urls")),
    path("", include("library.urls")),
]
