"""Links that let somebody in once: invitations and password resets; and open registration."""

import logging
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from videorama.accounts import services
from videorama.accounts.errors import LinkGone, OwnAccount, UsernameTaken
from videorama.accounts.models import Invite, PasswordReset, User
from videorama.errors import Conflict, Invalid
from videorama.ledger.models import LedgerEvent
from videorama.logs import Discreet
from videorama.preferences.models import Setting

PASSWORD = "a long enough pass phrase"
CHOSEN = {"password": PASSWORD, "password_again": PASSWORD}
ACCOUNT = {"username": "newcomer", **CHOSEN}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def invited(admin):
    """An invitation and the text of its link."""
    return services.create_invite(by=admin, role="editor", label="Grandma")


def is_signed_in(client):
    return client.get("/account/").status_code == 200


def test_an_invitation_makes_the_account_it_stands_for_and_signs_in(client, invited):
    invite, text = invited
    page = client.get(f"/invite/{text}")
    assert page.status_code == 200 and "Editor" in page.text
    assert page["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page["Cache-Control"]
    assert client.post(f"/invite/{text}", ACCOUNT).url == "/"
    user = User.objects.get(username="newcomer")
    assert (user.role, user.is_staff) == ("editor", False) and user.check_password(PASSWORD)
    assert is_signed_in(client)
    invite.refresh_from_db()
    assert invite.used_by == user
    events = list(LedgerEvent.objects.order_by("sequence").values_list("event", flat=True))
    assert events == ["user.invited", "invite.accepted"]


def test_only_a_digest_of_the_link_is_kept_anywhere(client, admin, viewer):
    _, invite = services.create_invite(by=admin, role="viewer")
    _, reset = services.create_reset(user=viewer, by=admin)
    client.post(f"/invite/{invite}", ACCOUNT)
    kept = [
        *Invite.objects.values(),
        *PasswordReset.objects.values(),
        *LedgerEvent.objects.values(),
    ]
    assert not [row for row in kept if invite in str(row) or reset in str(row)]


def used(invite):
    Invite.objects.filter(pk=invite.pk).update(used_at=timezone.now())


def revoked(invite):
    services.revoke_invite(invite=invite, by=None)


def expired(invite):
    Invite.objects.filter(pk=invite.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def unknown(invite):
    Invite.objects.filter(pk=invite.pk).update(digest="0" * 64)


@pytest.mark.parametrize("how", [used, revoked, expired, unknown])
def test_links_that_do_not_work_look_all_the_same(client, invited, how):
    invite, text = invited
    how(invite)
    pages = [
        client.get(f"/invite/{text}"),
        client.post(f"/invite/{text}", ACCOUNT),
        client.get(f"/reset/{text}"),
        client.get("/invite/never-was"),
    ]
    assert {page.status_code for page in pages} == {404}
    assert all("Ask an administrator for a new one" in page.text for page in pages)
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "ADMIN"}, "taken"),
        ({"username": "two words"}, "valid username"),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password_again": "different"}, "not the same"),
        ({"username": ""}, "required"),
    ],
    ids=lambda one: str(one),
)
def test_input_that_does_not_fit_leaves_the_link_working(client, invited, change, said):
    _, text = invited
    refused = client.post(f"/invite/{text}", ACCOUNT | change)
    assert refused.status_code == 422 and said in refused.text
    assert PASSWORD not in refused.text
    assert client.get(f"/invite/{text}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_invitation_used_by_two_at_the_same_moment_makes_one_account(admin):
    _, text = services.create_invite(by=admin, role="viewer")
    barrier, ends = threading.Barrier(2), []

    def accept(number):
        barrier.wait()
        try:
            services.accept_invite(text=text, username=f"user{number}", password=PASSWORD)
            ends.append("in")
        except LinkGone:
            ends.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["gone", "in"]
    assert User.objects.exclude(pk=admin.pk).count() == 1


def test_a_name_that_is_taken_meanwhile_gives_the_link_back(invited):
    _, text = invited
    with pytest.raises(UsernameTaken):
        services.accept_invite(text=text, username="admin", password=PASSWORD)
    services.accept_invite(text=text, username="other", password=PASSWORD)


def test_who_is_signed_in_uses_up_no_invitation(client, viewer, invited):
    _, text = invited
    client.force_login(viewer)
    assert "signed in as viewer" in client.get(f"/invite/{text}").text
    assert client.post(f"/invite/{text}", ACCOUNT).status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize(
    ("role", "label"), [("emperor", ""), ("viewer", "x" * 101), ("viewer", "\0")]
)
def test_an_invitation_that_does_not_fit_is_refused(admin, role, label):
    with pytest.raises(Invalid):
        services.create_invite(by=admin, role=role, label=label)


def test_open_invitations_do_not_grow_without_end(admin):
    until = timezone.now() + timedelta(days=1)
    Invite.objects.bulk_create(Invite(digest=str(n), expires_at=until) for n in range(200))
    with pytest.raises(Conflict):
        services.create_invite(by=admin, role="viewer")


# Resets


def test_a_reset_ends_the_old_password_and_lets_a_new_one_be_chosen(client, admin, viewer):
    viewer.set_password("the old pass phrase")
    viewer.save()
    session = Client()
    session.force_login(viewer)
    _, first = services.create_reset(user=viewer, by=admin)
    _, text = services.create_reset(user=viewer, by=admin)
    assert not is_signed_in(session)
    viewer.refresh_from_db()
    assert not viewer.check_password("the old pass phrase")
    assert client.get(f"/reset/{first}").status_code == 404
    assert "viewer" in client.get(f"/reset/{text}").text
    weak = {"password": "short", "password_again": "short"}
    assert client.post(f"/reset/{text}", weak).status_code == 422
    assert client.post(f"/reset/{text}", CHOSEN).url == "/"
    assert is_signed_in(client)
    assert Client().post(f"/reset/{text}", CHOSEN).status_code == 404
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)


def test_administrators_reset_neither_themselves_nor_who_is_out(admin, viewer):
    with pytest.raises(OwnAccount):
        services.create_reset(user=admin, by=admin)
    services.set_active(user=viewer, active=False, by=admin)
    with pytest.raises(Conflict):
        services.create_reset(user=viewer, by=admin)


def test_the_commands_print_a_link_as_their_last_word(client, viewer):
    out = StringIO()
    call_command("create_invite", "--role", "admin", "--label", "me", stdout=out)
    path = out.getvalue().split()[-1].partition(":8000")[2]
    assert "Administrator" in client.get(path).text
    call_command("reset_password", "--user", "viewer", stdout=out)
    path = out.getvalue().split()[-1].partition(":8000")[2]
    assert client.post(path, CHOSEN).status_code == 302


# Guessing


def test_guessing_links_has_to_wait_and_good_links_do_not(client, invited):
    _, text = invited
    assert {client.get(f"/invite/{text}").status_code for _ in range(40)} == {200}
    answers = [client.get(f"/invite/guess{number}").status_code for number in range(31)]
    assert answers == [404] * 30 + [429]
    refused = client.get(f"/reset/{text}")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    assert Client(REMOTE_ADDR="192.0.2.9").get(f"/invite/{text}").status_code == 200


# Registration


@pytest.fixture
def open_registration(admin):
    """Anybody may make an account."""
    Setting.objects.create(key="accounts.open_registration", value=True)


def test_registration_is_closed_unless_an_administrator_opens_it(client, admin):
    for answer in (client.get("/register"), client.post("/register", ACCOUNT)):
        assert answer.status_code == 404
    assert "/register" not in client.get("/login").text
    assert not User.objects.filter(username="newcomer").exists()


def test_open_registration_makes_viewers(client, open_registration):
    assert "/register" in client.get("/login").text
    assert client.post("/register", ACCOUNT | {"role": "admin"}).url == "/"
    assert User.objects.get(username="newcomer").role == "viewer"
    assert is_signed_in(client)
    assert client.get("/register").url == "/"


def test_the_eleventh_try_to_register_has_to_wait(client, open_registration):
    fields = ACCOUNT | {"username": "admin"}
    answers = [client.post("/register", fields).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert client.post("/register", ACCOUNT).status_code == 429
    assert not User.objects.filter(username="newcomer").exists()


# Logs


@pytest.mark.parametrize(
    "said",
    [
        "Unexpected error 12ab34cd at POST /invite/SECRET-text_of-a-link",
        "CSRF check failed at /reset/SECRET-text_of-a-link: no origin",
        "Bearer vr_SECRET-text_of-a-token was sent",
        "Not found: /invite/SECRET%2Dtext_of-a-link?x=1",
    ],
)
def test_no_line_of_the_log_holds_what_lets_somebody_in(said):
    try:
        raise ValueError(said)
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 1, said, None, (type(error), error, None)
        )
    line = Discreet("%(message)s").format(record)
    assert "SECRET" not in line and "text_of" not in line
