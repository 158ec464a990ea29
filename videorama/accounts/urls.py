"""Routes of sign-in, first run and the account page."""

from django.urls import path

from videorama.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("setup", views.setup, name="setup"),
    path("account/", views.profile, name="profile"),
    path("account/theme", views.theme, name="theme"),
    path("account/tokens", views.token_create, name="token_create"),
    path("account/tokens/<uuid:token_id>/revoke", views.token_revoke, name="token_revoke"),
]
