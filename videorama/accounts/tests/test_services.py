"""People, passwords and tokens."""

import hashlib
import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videorama.accounts import services
from videorama.accounts.errors import (
    AlreadySetUp,
    TokenNameTaken,
    UsernameTaken,
    WeakPassword,
    WrongPassword,
)
from videorama.accounts.models import ApiToken, Role, User
from videorama.accounts.queries import token_by_uuid, user_by_token
from videorama.accounts.services import people
from videorama.env import BadSetting
from videorama.errors import Invalid, NotFound

PASSWORD = "a long enough pass phrase"


@contextmanager
def a_room_that(prepare):
    """One more room that prepares something on the first run."""
    services.on_first_run(prepare)
    try:
        yield
    finally:
        people._on_first_run.remove(prepare)


@pytest.fixture
def first_runs(media_root):
    """What rooms are told on the first run."""
    told = []
    with a_room_that(lambda *facts: told.append(facts)):
        yield told


@pytest.mark.parametrize("role", Role.values)
def test_the_flags_of_a_user_follow_the_role(db, role):
    services.create_user(username="another", password=PASSWORD, role="admin")
    user = services.create_user(username="ada", password=PASSWORD, role=role)
    is_admin = role == "admin"
    assert (user.is_staff, user.is_superuser, user.is_admin) == (is_admin,) * 3
    assert user.is_editor == (role in {"editor", "admin"})
    services.set_role(user=user, role=Role.VIEWER)
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_django_s_own_ways_to_make_users_keep_flags_and_role_equal(db):
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    assert boss.role == Role.ADMIN and boss.is_admin
    guest = User.objects.create_user("guest", password=PASSWORD, is_staff=True)
    assert guest.role == Role.VIEWER and not guest.is_staff


def test_passwords_are_kept_as_argon2(db):
    user = services.create_user(username="ada", password=PASSWORD)
    assert user.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize("password", ["short", "password123", "ada-lovelace", "x" * 101, ""])
def test_weak_passwords_are_refused(db, password):
    with pytest.raises(WeakPassword):
        services.create_user(username="ada-lovelace", password=password)
    assert not User.objects.exists()


@pytest.mark.parametrize("username", ["", "   ", "two words", "x" * 151, "nul\0"])
def test_unusable_usernames_are_refused(db, username):
    with pytest.raises(Invalid):
        services.create_user(username=username, password=PASSWORD)
    assert not User.objects.exists()


def test_usernames_are_unique_without_regard_to_case(db):
    services.create_user(username="Ada", password=PASSWORD)
    with pytest.raises(UsernameTaken):
        services.create_user(username="aDA", password=PASSWORD)


def test_the_first_run_makes_an_administrator_and_tells_the_rooms(db, first_runs):
    user = services.complete_first_run(username="ada", password=PASSWORD, library_name=" Films ")
    assert user.is_admin
    assert first_runs == [(user, "Films")]
    with pytest.raises(AlreadySetUp):
        services.complete_first_run(username="eve", password=PASSWORD, library_name="x")
    assert User.objects.count() == 1


def test_a_failing_room_undoes_the_first_run(db, media_root):
    def refuse(user, name):
        raise Invalid("No.")

    with a_room_that(refuse), pytest.raises(Invalid):
        services.complete_first_run(username="ada", password=PASSWORD, library_name="x")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_first_runs_at_the_same_moment_one_wins(first_runs):
    barrier = threading.Barrier(6)
    ends = []

    def run(number):
        barrier.wait()
        try:
            services.complete_first_run(
                username=f"user{number}", password=PASSWORD, library_name="x"
            )
            ends.append("made")
        except AlreadySetUp:
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["made"] + ["refused"] * 5
    assert User.objects.count() == 1


def test_the_administrator_of_the_environment_is_made_once_and_never_reset(db, first_runs):
    user = services.ensure_admin(username="ada", password=PASSWORD)
    assert user.is_admin and first_runs == [(user, "")]
    again = services.ensure_admin(username="ada", password="another pass phrase")
    assert again == user
    again.refresh_from_db()
    assert again.check_password(PASSWORD)
    second = services.ensure_admin(username="bob", password=PASSWORD)
    assert second.is_admin and len(first_runs) == 1


@pytest.mark.parametrize(
    ("username", "password", "name"),
    [
        ("ada", "short", "VIDEORAMA_ADMIN_PASSWORD"),
        ("two words", PASSWORD, "VIDEORAMA_ADMIN_USER"),
    ],
)
def test_an_unusable_administrator_names_its_variable(db, username, password, name):
    with pytest.raises(BadSetting, match=name):
        services.ensure_admin(username=username, password=password)


def test_a_password_changes_only_for_who_knows_the_old_one(db):
    user = services.create_user(username="ada", password=PASSWORD)
    with pytest.raises(WrongPassword):
        services.change_password(user=user, current="guess", new="another pass phrase")
    with pytest.raises(WeakPassword):
        services.change_password(user=user, current=PASSWORD, new="short")
    services.change_password(user=user, current=PASSWORD, new="another pass phrase")
    user.refresh_from_db()
    assert user.check_password("another pass phrase")


def test_a_token_is_kept_only_as_digest(viewer):
    token, text = services.create_token(user=viewer, name=" laptop ")
    row = ApiToken.objects.values().get()
    assert row["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert text not in str(row) and text.startswith(row["hint"]) and len(row["hint"]) == 8
    assert token.name == "laptop" and len(text) > 40
    assert user_by_token(text) == viewer


def test_tokens_end_with_revocation_and_with_their_user(viewer):
    token, text = services.create_token(user=viewer, name="laptop")
    services.revoke_token(token=token)
    assert user_by_token(text) is None
    token, text = services.create_token(user=viewer, name="laptop")
    viewer.is_active = False
    viewer.save()
    assert user_by_token(text) is None


@pytest.mark.parametrize("text", ["", "vr_", "nonsense", "x" * 10_000, "nul\0", "é", "\ud800"])
def test_nothing_else_is_a_token(viewer, text):
    services.create_token(user=viewer, name="laptop")
    assert user_by_token(text) is None


def test_live_tokens_have_different_names(viewer, editor):
    services.create_token(user=viewer, name="laptop")
    with pytest.raises(TokenNameTaken):
        services.create_token(user=viewer, name="laptop")
    services.create_token(user=editor, name="laptop")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_token_needs_a_name(viewer, name):
    with pytest.raises(Invalid):
        services.create_token(user=viewer, name=name)


def test_use_is_noted_at_most_once_a_minute(viewer):
    token, text = services.create_token(user=viewer, name="laptop")
    user_by_token(text)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as queries:
        user_by_token(text)
    token.refresh_from_db()
    assert token.last_used_at == first and len(queries) == 1
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    user_by_token(text)
    token.refresh_from_db()
    assert token.last_used_at >= first


def test_a_token_of_somebody_else_does_not_exist(viewer, editor):
    token, _ = services.create_token(user=viewer, name="laptop")
    assert token_by_uuid(viewer, token.uuid) == token
    with pytest.raises(NotFound):
        token_by_uuid(editor, token.uuid)


def test_the_command_prints_the_token_as_its_last_word(viewer):
    out = StringIO()
    call_command("create_token", "--user", "viewer", "--name", "my laptop", stdout=out)
    assert user_by_token(out.getvalue().split()[-1]) == viewer


@pytest.mark.parametrize(
    ("user", "name", "said"),
    [("nobody", "x", "no user named nobody"), ("viewer", "", "needs a name")],
)
def test_the_command_says_what_is_wrong(viewer, user, name, said):
    with pytest.raises(CommandError, match=said):
        call_command("create_token", "--user", user, "--name", name)
