"""Routes of notifications."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [
    path("", views.notification_list, name="notification_list"),
    path("bell/", views.bell, name="bell"),
    path("read/", views.notification_read_all, name="notification_read_all"),
    path("choices/", views.choices, name="choices"),
    path("<uuid:notification_id>/", views.notification_open, name="notification_open"),
    path("<uuid:notification_id>/read/", views.notification_read, name="notification_read"),
]
