"""Roles and activity: an administrator always remains, and whoever is out is out everywhere."""

import threading

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.test import Client

from library.tests.factories import make_entry, make_library
from videorama.accounts import services
from videorama.accounts.errors import LastAdministrator, LinkGone, OwnAccount
from videorama.accounts.models import ApiToken, Role, Session, User
from videorama.accounts.queries import invite_by_text, reset_by_text, user_by_token
from videorama.errors import Conflict, Invalid, NotAllowed
from videorama.ledger.models import LedgerEvent
from videorama.tests.sockets import Socket

OUT = [
    {"role": "viewer"},
    {"role": "editor"},
    {"active": False},
    {"role": "viewer", "active": True},
]


@pytest.mark.parametrize("change", OUT, ids=str)
def test_the_last_active_administrator_stays_one(admin, make_user, change):
    retired = make_user("retired", role="admin")
    services.set_active(user=retired, active=False)
    with pytest.raises(LastAdministrator):
        services.edit_user(user=admin, **change)
    admin.refresh_from_db()
    assert admin.is_admin
    # With another one there it goes.
    services.set_active(user=retired, active=True)
    services.edit_user(user=admin, **change)
    admin.refresh_from_db()
    assert not admin.is_admin


@pytest.mark.parametrize(
    "change", [{"role": "viewer"}, {"role": "admin"}, {"active": False}], ids=str
)
def test_nobody_changes_what_the_own_account_may_do(admin, make_user, change):
    make_user("boss", role="admin")
    with pytest.raises(OwnAccount):
        services.edit_user(user=admin, by=admin, **change)


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_only_administrators_change_others(make_user, viewer, role):
    with pytest.raises(NotAllowed):
        services.set_role(user=viewer, role="admin", by=make_user("eve", role=role))
    with pytest.raises(NotAllowed):
        services.create_invite(by=viewer, role="viewer")


def test_an_unknown_role_is_refused(viewer, admin):
    with pytest.raises(Invalid):
        services.set_role(user=viewer, role="emperor", by=admin)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"role": "viewer"}, {"active": False}], ids=str)
def test_of_two_who_shut_each_other_out_at_the_same_moment_one_remains(make_user, change):
    ada, bob = make_user("ada", role="admin"), make_user("bob", role="admin")
    barrier, ends = threading.Barrier(2), []

    def act(user, by):
        barrier.wait()
        try:
            services.edit_user(user=user, by=by, **change)
            ends.append("done")
        except (LastAdministrator, NotAllowed):
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=pair) for pair in ((ada, bob), (bob, ada))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["done", "refused"]
    assert User.objects.filter(role=Role.ADMIN, is_active=True).count() == 1


def test_each_change_is_one_fact_and_none_is_none(admin, viewer):
    services.set_role(user=viewer, role="editor", by=admin)
    services.set_role(user=viewer, role="editor", by=admin)
    fact = LedgerEvent.objects.get()
    assert (fact.event, fact.user_name) == ("user.role_set", "admin")
    assert fact.data == {"role": {"from": "viewer", "to": "editor"}}


def test_who_is_deactivated_is_out_by_every_door(client, admin, make_user):
    eve = make_user("eve", role="admin")
    entry = make_entry(library=make_library(owner=admin), poster=b"picture")
    _, token = services.create_token(user=eve, name="laptop")
    _, invite = services.create_invite(by=eve, role="admin")
    _, reset = services.create_reset(user=eve, by=admin)
    client.force_login(eve)
    bearer = {"Authorization": f"Bearer {token}"}
    stream = f"/api/v1/entries/{entry.uuid}/thumbnail"
    doors = [
        ("/account/", {}),
        ("/admin/", {}),
        (stream, {}),
        ("/api/v1/me", bearer),
        (stream, bearer),
    ]
    assert [client.get(path, headers=headers).status_code for path, headers in doors] == [200] * 5

    services.set_active(user=eve, active=False, by=admin)
    got = [client.get(path, headers=headers).status_code for path, headers in doors]
    assert got == [302, 302, 401, 401, 401]
    for find, text in ((invite_by_text, invite), (reset_by_text, reset)):
        with pytest.raises(LinkGone):
            find(text)

    # Coming back is a new beginning: nothing of before works again.
    services.set_active(user=eve, active=True, by=admin)
    assert client.get("/account/").status_code == 302
    assert user_by_token(token) is None


def test_accounts_that_own_nothing_can_be_deleted_and_others_only_deactivated(admin, make_user):
    eve, owner = make_user("eve"), make_user("owner")
    make_library(owner=owner)
    services.create_token(user=eve, name="laptop")
    services.delete_user(user=eve, by=admin)
    with pytest.raises(Conflict):
        services.delete_user(user=owner, by=admin)
    with pytest.raises(OwnAccount):
        services.delete_user(user=admin, by=admin)
    with pytest.raises(LastAdministrator):
        services.delete_user(user=admin, by=None)
    assert set(User.objects.values_list("username", flat=True)) == {"admin", "owner"}


def test_who_is_no_administrator_any_more_invites_nobody(admin, make_user):
    eve = make_user("eve", role="admin")
    _, text = services.create_invite(by=eve, role="admin")
    services.set_role(user=eve, role="editor", by=admin)
    with pytest.raises(LinkGone):
        invite_by_text(text)


def cookie_of(user: User) -> tuple[bytes, bytes]:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return (b"cookie", f"{name}={client.cookies[name].value}".encode())


def end_sessions(user):
    services.sign_out_elsewhere(user=user, session_key="")


def revoke(user):
    services.set_active(user=user, active=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [revoke, end_sessions])
@pytest.mark.parametrize("address", ["/ws/pages", "/ws/jobs/status"])
async def test_open_sockets_end_at_once(make_user, act, address):
    eve = await sync_to_async(make_user)("eve")
    async with Socket(address, await sync_to_async(cookie_of)(eve)) as socket:
        await socket.send({"type": "ping"})
        await socket.receive_output(5)
        await sync_to_async(act)(eve)
        while (output := await socket.receive_output(5))["type"] == "websocket.send":
            pass
        # Long before the next heartbeat, which comes after 25 s.
        assert output["code"] == 4401


@pytest.mark.django_db(transaction=True)
async def test_a_socket_hears_only_what_a_new_role_may_hear(make_user):
    await sync_to_async(make_user)("boss", role="admin")
    eve = await sync_to_async(make_user)("eve", role="admin")
    _, token = await sync_to_async(services.create_token)(user=eve, name="x")
    headers = (b"authorization", f"Bearer {token}".encode())
    async with Socket("/ws/jobs/status", headers) as socket:
        await sync_to_async(services.set_role)(user=eve, role="viewer")
        await socket.send({"type": "ping"})
        assert (await socket.frame())["type"] == "pong"
        assert await socket.receive_nothing(timeout=0.2)


# Sessions


def test_a_session_knows_whose_it_is_and_on_which_device(client, viewer):
    viewer.set_password("a long enough pass phrase")
    viewer.save()
    agent = "Mozilla/5.0 (Android 16; Mobile) Gecko/140.0 Firefox/140.0"
    fields = {"username": "viewer", "password": "a long enough pass phrase"}
    assert client.post("/login", fields, headers={"User-Agent": agent}).status_code == 302
    session = Session.objects.get()
    assert (session.user, session.device) == (viewer, "Firefox · Android")
    assert session.signed_in_at is not None
    page = client.get("/account/").text
    assert "Firefox · Android" in page and session.session_key not in page


def test_signing_out_elsewhere_keeps_this_session_and_the_tokens(client, viewer, stranger):
    other, theirs = Client(), Client()
    for one, user in ((client, viewer), (other, viewer), (theirs, stranger)):
        one.force_login(user)
    _, token = services.create_token(user=viewer, name="laptop")
    assert client.post("/account/sessions/end").url == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert theirs.get("/account/").status_code == 200
    assert user_by_token(token) == viewer


def test_sessions_that_ran_out_are_forgotten(client, viewer):
    client.force_login(viewer)
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    Client().force_login(viewer)
    assert services.forget_sessions() == 1
    assert Session.objects.count() == 1


def test_being_here_is_noted_at_most_every_five_minutes(client, viewer):
    client.force_login(viewer)
    client.get("/account/")
    viewer.refresh_from_db()
    first = viewer.last_seen_at
    assert first is not None
    client.get("/account/")
    viewer.refresh_from_db()
    assert viewer.last_seen_at == first


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_still_shows_pages(client, viewer):
    client.force_login(viewer)
    switch = {"sqlite": "PRAGMA query_only", "postgresql": "SET default_transaction_read_only"}
    with connection.cursor() as cursor:
        cursor.execute(f"{switch[connection.vendor]} = ON")
        try:
            assert client.get("/jobs/").status_code == 200
        finally:
            cursor.execute(f"{switch[connection.vendor]} = OFF")


def test_the_session_store_is_the_one_of_the_middleware():
    assert SessionMiddleware(lambda request: None).SessionStore.get_model_class() is Session
    assert not ApiToken._meta.get_field("digest").null
