"""Routes of the inbox and its rules."""

from django.urls import path

from imports import inbox_views, rule_views

app_name = "inbox"
urlpatterns = [
    path("", inbox_views.inbox, name="inbox"),
    path("approve/", inbox_views.approve_all, name="approve_all"),
    path("rules/", rule_views.rule_list, name="rule_list"),
    path("rules/<uuid:rule_id>/switch/", rule_views.rule_switch, name="rule_switch"),
    path("rules/<uuid:rule_id>/delete/", rule_views.rule_delete, name="rule_delete"),
    path("entries/<uuid:entry_id>/undo/", inbox_views.filing_undo, name="filing_undo"),
    path("<uuid:item_id>/", inbox_views.inbox, name="inbox_item"),
    path("<uuid:item_id>/approve/", inbox_views.item_approve, name="item_approve"),
    path("<uuid:item_id>/reject/", inbox_views.item_reject, name="item_reject"),
    path("<uuid:item_id>/restore/", inbox_views.item_restore, name="item_restore"),
    path("<uuid:item_id>/decide/", inbox_views.item_decide, name="item_decide"),
    path("<uuid:item_id>/media/<str:what>", inbox_views.item_media, name="item_media"),
]
