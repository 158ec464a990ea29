"""Routes of the library pages."""

from django.urls import path

from library.views import bulk, entries, history, libraries, lists, tags

app_name = "library"
urlpatterns = [
    path("", lists.entry_list, name="entry_list"),
    path("libraries/new/", libraries.library_new, name="library_new"),
    path("libraries/", libraries.library_create, name="library_create"),
    path("libraries/<slug:slug>/", lists.library_detail, name="library_detail"),
    path("tags/", tags.tag_list, name="tag_list"),
    path("tags/new/", tags.tag_create, name="tag_create"),
    path("tags/suggest/", tags.tag_suggest, name="tag_suggest"),
    path("tags/<uuid:tag_id>/", tags.tag_form, name="tag_form"),
    path("tags/<uuid:tag_id>/save/", tags.tag_edit, name="tag_edit"),
    path("tags/<uuid:tag_id>/merge/", tags.tag_merge, name="tag_merge"),
    path("tags/<uuid:tag_id>/delete/", tags.tag_delete, name="tag_delete"),
    path("entries/select/", bulk.bulk_form, name="bulk_form"),
    path("entries/change/", bulk.bulk_change, name="bulk_change"),
    path("entries/change/<uuid:change_id>/undo/", bulk.bulk_undo, name="bulk_undo"),
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
