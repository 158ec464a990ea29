"""Where programs send files: addresses of the upload protocol in the API."""

from django.urls import path

from imports import upload_views

urlpatterns = [
    path("upload", upload_views.api_uploads, name="api-upload-list"),
    path("upload/<uuid:upload_id>", upload_views.api_upload, name="api-upload"),
]
