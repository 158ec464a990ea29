"""Users and tokens at the repair desk."""

import pytest

from videorama.accounts import services
from videorama.accounts.models import ApiToken, User
from videorama.accounts.queries import user_by_token

PASSWORD = "a long enough pass phrase"

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client, admin):
    client.force_login(admin)
    return admin


def form_of(user, **changes):
    fields = {"username": user.username, "role": user.role, "first_name": "", "last_name": ""}
    return fields | {"email": "", "is_active": "on"} | changes


def test_a_new_user_gets_the_flags_of_the_role(client, boss):
    fields = {"username": "ada", "role": "admin", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post("/admin/accounts/user/add/", fields | {"usable_password": "true"})
    assert response.status_code == 302
    ada = User.objects.get(username="ada")
    assert (ada.role, ada.is_staff, ada.is_superuser) == ("admin", True, True)
    assert ada.password.startswith("argon2")


def test_a_changed_role_changes_the_flags(client, boss, viewer):
    url = f"/admin/accounts/user/{viewer.pk}/change/"
    for role, is_admin in (("admin", True), ("editor", False)):
        assert client.post(url, form_of(viewer, role=role)).status_code == 302
        viewer.refresh_from_db()
        assert (viewer.role, viewer.is_staff, viewer.is_superuser) == (role, is_admin, is_admin)


def test_administrators_can_neither_demote_nor_switch_off_nor_delete_themselves(client, boss):
    url = f"/admin/accounts/user/{boss.pk}"
    fields = form_of(boss, role="viewer")
    del fields["is_active"]
    assert client.post(f"{url}/change/", fields).status_code == 302
    boss.refresh_from_db()
    assert boss.is_admin and boss.is_superuser
    assert client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    client.post("/admin/accounts/user/", chosen)
    assert User.objects.filter(pk=boss.pk).exists()


def test_tokens_are_seen_and_revoked_but_never_read_or_made(client, boss, viewer):
    token, text = services.create_token(user=viewer, name="laptop")
    for page in ("", f"{token.pk}/change/", f"{token.pk}/history/"):
        shown = client.get(f"/admin/accounts/apitoken/{page}").text
        assert "laptop" in shown and token.digest not in shown and text not in shown
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403
    client.post(f"/admin/accounts/apitoken/{token.pk}/change/", {"name": "other", "digest": "x"})
    token.refresh_from_db()
    assert (token.name, user_by_token(text)) == ("laptop", viewer)
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    client.post("/admin/accounts/apitoken/", chosen)
    assert user_by_token(text) is None and ApiToken.objects.count() == 1


def test_a_user_who_is_switched_off_is_out_at_once(client, viewer):
    client.force_login(viewer)
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_signing_out_of_the_desk_takes_a_post(client, boss):
    assert client.get("/admin/logout/").status_code == 405
    assert client.post("/admin/logout/").status_code in {200, 302}
    assert client.get("/admin/").status_code == 302
