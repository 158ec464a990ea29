"""Routes of the import pages."""

from django.urls import path

from imports import views

app_name = "imports"
urlpatterns = [
    path("import/", views.import_new, name="import_new"),
    path("import/preview/", views.import_preview, name="import_preview"),
    path("import/url/", views.import_url, name="import_url"),
    path("import/thumbnail/", views.preview_thumbnail, name="preview_thumbnail"),
    path("import/<uuid:job_id>/card/", views.import_card, name="import_card"),
    path("import/<uuid:job_id>/result/", views.import_result, name="import_result"),
    path("import/<uuid:job_id>/retry/", views.import_retry, name="import_retry"),
    path("import/<uuid:job_id>/dismiss/", views.import_dismiss, name="import_dismiss"),
]
