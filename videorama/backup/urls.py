"""Routes of the backups, below /settings/backups/."""

from django.urls import path

from videorama.backup import views

app_name = "backup"
urlpatterns = [
    path("make/", views.make, name="make"),
    path("files/<str:name>", views.download, name="download"),
]
