"""Routes of the library pages."""

from django.urls import path

from library import views

app_name = "library"
urlpatterns = [
    path("", views.entry_list, name="entry_list"),
    path("libraries/new/", views.library_new, name="library_new"),
    path("libraries/", views.library_create, name="library_create"),
    path("libraries/<slug:slug>/", views.library_detail, name="library_detail"),
    path("entries/<uuid:entry_id>/", views.entry_detail, name="entry_detail"),
    path("entries/<uuid:entry_id>/about/", views.entry_about, name="entry_about"),
    path("entries/<uuid:entry_id>/player/", views.entry_player, name="entry_player"),
    path("entries/<uuid:entry_id>/edit/", views.entry_form, name="entry_form"),
    path("entries/<uuid:entry_id>/save/", views.entry_edit, name="entry_edit"),
    path("entries/<uuid:entry_id>/removal/", views.entry_removal, name="entry_removal"),
    path("entries/<uuid:entry_id>/delete/", views.entry_delete, name="entry_delete"),
    path("entries/<uuid:entry_id>/state/", views.entry_state, name="entry_state"),
]
