"""Mail goes to those who chose it: one letter for many messages, each message in one letter."""

import smtplib
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from django.utils import timezone

from analytics import mailing, queries, services
from analytics.models import Notification, NotificationChoice, NotificationKind
from analytics.tests.factories import make_notification
from videorama.accounts.models import User
from videorama.adapters import mail
from videorama.errors import Invalid
from videorama.jobs.models import Job, JobStatus
from videorama.preferences import services as preferences
from videorama.preferences.errors import BadValues
from videorama.tests.fakes.certificates import loopback_certificate
from videorama.tests.fakes.mail_server import MailServer
from videorama.tests.waiting import eventually
from videorama.tests.worker import live_worker

__all__ = ["live_worker"]
pytestmark = pytest.mark.django_db

NAME, WORD = "videos", "pass word 1"


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server that lets in only who knows the password, and finds no fault with us."""
    with MailServer(username=NAME, password=WORD) as server:
        yield server
    assert server.slips == []


@pytest.fixture
def reader(make_user: Any) -> User:
    """Somebody who wants every kind of message by mail."""
    user = make_user("ada", role="editor")
    user.email = "ada@example.org"
    user.save(update_fields=["email"])
    for kind in NotificationKind:
        NotificationChoice.objects.create(user=user, kind=kind, by_email=True)
    return user


def set_up(server: MailServer, user: User, **changes: Any) -> None:
    """What an administrator saves on the settings page."""
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": server.username,
        "password": server.password,
        "sender": "videos@example.org",
    }
    wanted = {f"mail.{name}": value for name, value in (values | changes).items()}
    preferences.save(user=user, changes=wanted)


def due(user: User, **changes: Any) -> Notification:
    """An unread message that no more joins."""
    long_ago = timezone.now() - queries.JOINS_FOR - timedelta(minutes=1)
    return make_notification(user, created_at=long_ago, **changes)


def letter(**changes: Any) -> mail.Letter:
    values: dict[str, Any] = {
        "sender": "videos@example.org",
        "to": "ada@example.org",
        "subject": "Grüße",
        "text": ".\n.a line that begins with a dot\n" + "ö" * 1500,
        "html": "<p>Grüße</p>",
        "message_id": "<1@example.org>",
    }
    return mail.Letter(**values | changes)


def server_of(post: MailServer, **changes: Any) -> mail.MailServer:
    values = {"host": "127.0.0.1", "port": post.port, "security": "none"}
    values |= {"username": post.username, "password": post.password}
    return mail.MailServer(**values | changes)


# The adapter


def test_a_letter_arrives_as_it_was_written(post):
    assert mail.send(server_of(post), letter())
    got = post.letters[0]
    assert (got.sender, got.to, got.user) == ("videos@example.org", ("ada@example.org",), NAME)
    assert got.message["Subject"] == "Grüße"
    assert got.message["Message-ID"] == "<1@example.org>"
    assert parseaddr(got.message["From"]) == ("Videorama", "videos@example.org")
    assert got.part("plain").splitlines() == letter().text.splitlines()
    assert got.part("html").strip() == letter().html


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_are_encrypted_and_the_certificate_is_looked_at(security, tmp_path, monkeypatch):
    own, context = loopback_certificate(tmp_path)
    server = MailServer(username=NAME, password=WORD, context=context, is_tls=security == "tls")
    with server as post:
        with pytest.raises(mail.MailRefused, match="cannot be trusted"):
            mail.send(server_of(post, security=security), letter())
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        assert mail.send(server_of(post, security=security), letter())
    assert [one.was_encrypted for one in post.letters] == [True]


@pytest.mark.parametrize(
    ("refusals", "error"),
    [
        ({"MAIL": "550 5.7.1 No"}, mail.MailRefused),
        ({"RCPT": "550 5.1.1 Nobody"}, mail.MailRefused),
        ({"RCPT": "450 4.2.1 Later"}, mail.MailBusy),
        ({"DATA": "421 4.3.2 Closing"}, mail.MailBusy),
        ({"EHLO": "421 4.3.2 Closing", "HELO": "421 4.3.2 Closing"}, mail.MailBusy),
        ({"AUTH": "454 4.7.0 Later"}, mail.MailBusy),
        ({"AUTH": "535 5.7.8 Wrong"}, mail.MailRefused),
    ],
)
def test_what_a_server_answers_is_told_apart(post, refusals, error):
    post.refusals = refusals
    with pytest.raises(error):
        mail.send(server_of(post), letter())
    assert post.letters == []


def test_wrong_passwords_missing_encryption_and_nobody_there_are_told_apart(post):
    with pytest.raises(mail.MailRefused, match="user name and password"):
        mail.send(server_of(post, password="wrong"), letter())
    with pytest.raises(mail.MailRefused, match="plain letters"):
        mail.send(server_of(post, password="wört"), letter())
    with pytest.raises(mail.MailRefused, match="does not offer"):
        mail.send(server_of(post, security="starttls"), letter())
    with pytest.raises(mail.MailRefused, match="no address"):
        mail.send(server_of(post), letter(to="nobody\r\nBCC: all@example.org"))
    with MailServer() as gone:
        pass
    with pytest.raises(mail.MailBusy):
        mail.send(server_of(gone), letter())


def test_a_cut_in_the_middle_is_not_taken_for_a_failure(post):
    post.cut_after_data = True
    with pytest.raises(mail.MailUnsure):
        mail.send(server_of(post), letter())


def test_the_fake_server_is_strict():
    with MailServer(username=NAME, password=WORD) as server:
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=10)
        answers = [client.docmd(line)[0] for line in ("MAIL FROM:<a@b>", "EHLO", "JUMP")]
        client.ehlo()
        answers += [client.docmd(line)[0] for line in ("MAIL FROM:<a@b>", "RCPT TO:<a@b>")]
        client.close()
    assert answers == [503, 501, 502, 530, 503]
    assert len(server.slips) == 5


# Letters about messages


def test_one_letter_tells_all_that_is_unread(post, reader, live_worker):
    set_up(post, reader)
    due(reader, titles=["Film 1", "Film 2", "Film 3"], count=12)
    failed = due(reader, kind=NotificationKind.IMPORT_FAILED, titles=["Bees <3 & more"])
    due(reader, kind=NotificationKind.INBOX_WAITING, read_at=timezone.now())
    make_notification(reader, kind=NotificationKind.JOB_FAILED)
    assert services.ask_for_mail() == 1
    eventually(lambda: post.letters, what="the letter arrived")
    eventually(lambda: Job.objects.get().status == JobStatus.COMPLETED)
    got = post.letters[0]
    assert got.message["Subject"] == "Videorama: 2 notifications"
    assert "12 imports finished" in got.part("plain")
    assert "Film 1 · Film 2 · Film 3 and 9 more" in got.part("plain")
    assert "“Bees <3 & more” could not be imported" in got.part("plain")
    assert "“Bees &lt;3 &amp; more” could not be imported" in got.part("html")
    assert f"http://127.0.0.1:8000/notifications/{failed.uuid}/" in got.part("plain")
    assert got.message["List-Unsubscribe"] == "<http://127.0.0.1:8000/notifications/choices/>"
    assert services.ask_for_mail() == 0
    assert len(post.letters) == 1


def test_a_letter_is_in_the_language_of_the_account(post, reader):
    set_up(post, reader)
    one = due(reader)
    found = mailing._letter(reader, [one], uuid.uuid4())
    assert found.subject == "Videorama: “Bees at work” is in the library"
    assert '<html lang="en">' in found.html
    reader.language = "de"
    assert '<html lang="de">' in mailing._letter(reader, [one], uuid.uuid4()).html


@pytest.mark.parametrize(
    "without", ["server", "choice", "address", "account", "news", "time for more"]
)
def test_no_mail_is_asked_for_without(without, post, reader):
    set_up(post, reader, **({"host": ""} if without == "server" else {}))
    one = due(reader)
    if without == "choice":
        NotificationChoice.objects.update(by_email=False)
    elif without == "address":
        User.objects.update(email="")
    elif without == "account":
        User.objects.update(is_active=False)
    elif without == "news":
        services.mark_read(user=reader)
    elif without == "time for more":
        Notification.objects.filter(pk=one.pk).update(created_at=timezone.now())
    assert services.ask_for_mail() == 0


def mail_job(user: User) -> Job:
    return Job.objects.create(kind="mail", title="Mail", params={"user_id": str(user.uuid)})


def test_two_jobs_at_once_send_each_message_once(post, reader, live_worker):
    entered, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        go_on.wait(20)

    post.at_data = hold
    set_up(post, reader)
    for number in range(6):
        due(reader, titles=[f"Film {number}"])
    jobs = [mail_job(reader), mail_job(reader)]
    assert entered.wait(20)
    # One is in the middle of its letter; the other finds nothing that is left for it.
    done = Job.objects.filter(status=JobStatus.COMPLETED)
    eventually(lambda: done.count() == 1)
    assert done.get().message == "Everything has been read already."
    go_on.set()
    eventually(lambda: done.count() == 2)
    assert len(post.letters) == 1
    told = post.letters[0].part("plain")
    assert [told.count(f"Film {number}") for number in range(6)] == [1] * 6
    taken = set(Notification.objects.values_list("mail_job", flat=True))
    assert len(taken) == 1 and taken <= {job.uuid for job in jobs}


def test_a_server_that_is_busy_gets_the_letter_later_and_once(post, reader, live_worker, settings):
    settings.MAIL_RETRY_S = 0.01
    post.busy = 2
    set_up(post, reader)
    due(reader)
    services.ask_for_mail()
    eventually(lambda: Job.objects.get().status == JobStatus.COMPLETED)
    assert len(post.letters) == 1
    assert Job.objects.get().failures == 2


def test_a_letter_that_may_have_arrived_is_not_sent_again(post, reader, live_worker):
    set_up(post, reader)
    due(reader)
    post.cut_after_data = True
    services.ask_for_mail()
    eventually(lambda: Job.objects.get().status == JobStatus.FAILED)
    assert Job.objects.get().error_code == "mail_unsure"
    assert services.ask_for_mail() == 0


def test_a_job_that_was_killed_goes_on_unless_the_letter_was_on_its_way(post, reader, live_worker):
    set_up(post, reader)
    before, after = uuid.uuid4(), uuid.uuid4()
    due(reader, titles=["Before the mark"], mail_job=before)
    due(reader, titles=["After the mark"], mail_job=after, emailed_at=timezone.now())
    for job_id in (before, after):
        params = {"user_id": str(reader.uuid)}
        Job.objects.create(uuid=job_id, kind="mail", title="Mail", params=params)
    eventually(lambda: Job.objects.filter(status=JobStatus.COMPLETED).count() == 2)
    assert [one.message["Subject"] for one in post.letters] == [
        "Videorama: “Before the mark” is in the library"
    ]


def test_the_test_button_sends_a_letter_or_says_why_not(post, reader):
    with pytest.raises(Invalid, match="Save a mail server"):
        mailing.send_trial(reader)
    set_up(post, reader)
    assert mailing.send_trial(reader) == "A mail is on its way to ada@example.org."
    assert post.letters[0].message["Subject"] == "Mail from Videorama works"
    reader.email = ""
    with pytest.raises(Invalid, match="no e-mail address"):
        mailing.send_trial(reader)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("host", "mail.example.org:25", "host name without port"),
        ("host", "https://mail.example.org", "host name without port"),
        ("sender", "Videorama", "such as videos@example.org"),
        ("password", "wört", "plain letters"),
        ("port", 0, "1"),
        ("security", "ssl", ""),
    ],
)
def test_settings_that_no_mail_could_be_sent_with_are_refused(admin, name, value, sentence):
    with pytest.raises(BadValues) as refused:
        preferences.save(user=admin, changes={f"mail.{name}": value})
    assert sentence in str(refused.value.details)


def test_an_administrator_tries_the_server_on_the_settings_page(client, admin, post):
    User.objects.filter(pk=admin.pk).update(email="admin@example.org")
    client.force_login(admin)
    page = client.get("/settings/mail/").text
    assert "Mail server" in page and "Send a mail to me" in page
    assert "Save a mail server" in client.post("/settings/mail/test/", follow=True).text
    set_up(post, admin)
    said = client.post("/settings/mail/test/", follow=True).text
    assert "A mail is on its way to admin@example.org." in said
    assert post.letters[0].to == ("admin@example.org",)
    assert WORD not in client.get("/settings/mail/").text
