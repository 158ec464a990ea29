"""Routes of the settings, below /settings/."""

from django.urls import path

from videorama.preferences import views

app_name = "preferences"
urlpatterns = [
    path("", views.index, name="index"),
    path("first-steps/dismiss/", views.dismiss_steps, name="dismiss_steps"),
    path("<slug:name>/", views.section, name="section"),
    path("<slug:name>/reset/", views.reset, name="reset"),
    path("<slug:name>/test/", views.trial, name="trial"),
]
