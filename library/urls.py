"""Routes of the library pages."""

from django.urls import path

from library.views import entries, history, libraries, lists

app_name = "library"
urlpatterns = [
    path("", lists.entry_list, name="entry_list"),
    path("libraries/new/", libraries.library_new, name="library_new"),
    path("libraries/", libraries.library_create, name="library_create"),
    path("libraries/<slug:slug>/", lists.library_detail, name="library_detail"),
    path("entries/<uuid:entry_id>/", entries.entry_detail, name="entry_detail"),
    path("entries/<uuid:entry_id>/about/", entries.entry_about, name="entry_about"),
    path("entries/<uuid:entry_id>/player/", entries.entry_player, name="entry_player"),
    path("entries/<uuid:entry_id>/history/", history.entry_history, name="entry_history"),
    path("entries/<uuid:entry_id>/edit/", entries.entry_form, name="entry_form"),
    path("entries/<uuid:entry_id>/save/", entries.entry_edit, name="entry_edit"),
    path("entries/<uuid:entry_id>/removal/", entries.entry_removal, name="entry_removal"),
    path("entries/<uuid:entry_id>/delete/", entries.entry_delete, name="entry_delete"),
    path("entries/<uuid:entry_id>/state/", entries.entry_state, name="entry_state"),
]
