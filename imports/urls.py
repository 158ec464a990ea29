"""Routes of the import pages."""

from django.urls import path

from imports import file_views, refresh_views, upload_views, views

app_name = "imports"
urlpatterns = [
    path("", views.import_new, name="import_new"),
    path("preview/", views.import_preview, name="import_preview"),
    path("url/", views.import_url, name="import_url"),
    path("thumbnail/", views.preview_thumbnail, name="preview_thumbnail"),
    path("files/", file_views.import_files, name="import_files"),
    path("server/", file_views.import_server, name="import_server"),
    path("upload/", upload_views.page_uploads, name="upload_list"),
    path("upload/<uuid:upload_id>", upload_views.page_upload, name="upload"),
    path("upload/<uuid:upload_id>/cancel/", file_views.upload_cancel, name="upload_cancel"),
    path("entries/<uuid:entry_id>/refresh/", refresh_views.entry_refresh, name="entry_refresh"),
    path("<uuid:job_id>/card/", views.import_card, name="import_card"),
    path("<uuid:job_id>/result/", views.import_result, name="import_result"),
    path("<uuid:job_id>/retry/", views.import_retry, name="import_retry"),
    path("<uuid:job_id>/dismiss/", views.import_dismiss, name="import_dismiss"),
]
