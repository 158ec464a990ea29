"""Routes of sign-in, links, the account page and the page of users."""

from django.urls import path

from videorama.accounts.views import links, people, profile, sign_in

app_name = "accounts"
urlpatterns = [
    path("login", sign_in.login, name="login"),
    path("logout", sign_in.logout, name="logout"),
    path("setup", sign_in.setup, name="setup"),
    path("register", sign_in.register, name="register"),
    path("language", sign_in.language, name="language"),
    path("invite/<str:text>", links.invite, name="invite"),
    path("reset/<str:text>", links.reset, name="reset"),
    path("account/", profile.profile, name="profile"),
    path("account/look", profile.look, name="look"),
    path("account/theme", profile.theme, name="theme"),
    path("account/sessions/end", profile.sessions_end, name="sessions_end"),
    path("account/tokens", profile.token_create, name="token_create"),
    path("account/tokens/<uuid:token_id>/revoke", profile.token_revoke, name="token_revoke"),
    path("settings/users/", people.user_list, name="user_list"),
    path("settings/users/invites", people.invite_create, name="invite_create"),
    path(
        "settings/users/invites/<uuid:invite_id>/revoke", people.invite_revoke, name="invite_revoke"
    ),
    path("settings/users/<uuid:user_id>/role", people.user_role, name="user_role"),
    path("settings/users/<uuid:user_id>/active", people.user_active, name="user_active"),
    path("settings/users/<uuid:user_id>/reset", people.user_reset, name="user_reset"),
]
