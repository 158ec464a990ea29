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
]
