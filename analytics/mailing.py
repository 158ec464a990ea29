"""Mail about what is still unread: one letter per person, each message in one letter only.

A message is taken by one job (`mail_job`), and marked (`emailed_at`) at the last moment before the
server gets it. A process that dies before the mark leaves the letter to the next try of the same
job; one that dies after it leaves at most a letter that was not sent, never one that comes twice.
"""

from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import queries
from analytics.models import Notification
from videorama.accounts.models import User
from videorama.adapters import mail
from videorama.errors import AppError, Invalid, Transient
from videorama.jobs.models import Job
from videorama.jobs.run import Run
from videorama.jobs.services import JobResult
from videorama.preferences.queries import value

# Messages in one letter; the others are in the bell.
_LONGEST = 50


def send_mail(run: Run) -> JobResult:
    """The work of one mail job: what this person has not read yet."""
    user = User.objects.filter(uuid=run.params["user_id"], is_active=True).exclude(email="").first()
    if user is None or not queries.mail_is_set_up():
        return JobResult(message=_("There is nobody to send it to, or no server to send it by."))
    mine = Notification.objects.filter(mail_job=run.uuid, emailed_at=None, read_at=None, user=user)
    due = queries.to_mail().filter(user=user).values("pk")
    # Beside the subquery, so that a second job that waited for these rows does not get them too.
    Notification.objects.filter(pk__in=due, mail_job=None).update(mail_job=run.uuid)
    found = list(mine.order_by("-changed_at", "-pk"))
    if not found:
        return JobResult(message=_("Everything has been read already."))
    run.check()
    taken = Notification.objects.filter(pk__in=[one.pk for one in found], mail_job=run.uuid)

    def mark() -> bool:
        return bool(taken.filter(emailed_at=None).update(emailed_at=timezone.now()))

    try:
        is_sent = mail.send(_server(), _letter(user, found, run.uuid), may_go=mark)
    except mail.MailUnsure:
        raise
    except AppError as error:
        taken.update(emailed_at=None)
        raise _later(run, error) from error
    return JobResult(message=_("Sent.") if is_sent else _("Sent before."))


def _later(run: Run, error: AppError) -> AppError:
    """Servers that are away or busy get some time, and more after the second try."""
    if isinstance(error, Transient):
        failures = Job.objects.values_list("failures", flat=True).get(pk=run.job_id)
        error.retry_after_s = settings.MAIL_RETRY_S * 5**failures
    return error


def send_trial(user: User) -> str:
    """A letter to the administrator who asks; a sentence that says where it went."""
    if not queries.mail_is_set_up():
        raise Invalid(_("Save a mail server and a sender first."))
    if not user.email:
        raise Invalid(_("Your account has no e-mail address. Add one to your account first."))
    context = {"name": user.get_username(), "home": settings.PUBLIC_URL}
    letter = mail.Letter(
        sender=value("mail.sender"),
        to=user.email,
        subject=_("Mail from Videorama works"),
        text=render_to_string("analytics/mail_trial.txt", context),
        html=render_to_string("analytics/mail_trial.html", context),
        message_id=_message_id(uuid4()),
    )
    mail.send(_server(), letter)
    return _("A mail is on its way to %(address)s.") % {"address": user.email}


def _server() -> mail.MailServer:
    return mail.MailServer(
        host=value("mail.host"),
        port=int(value("mail.port")),
        security=value("mail.security"),
        username=value("mail.username"),
        password=value("mail.password"),
    )


def _letter(user: User, found: list[Notification], job: UUID) -> mail.Letter:
    """In the language of the account."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        items = [
            queries.shown(one) | {"address": _address("notification_open", one.uuid)}
            for one in found[:_LONGEST]
        ]
        choices = _address("choices")
        context = {
            "name": user.get_username(),
            "items": items,
            "more": len(found) - len(items),
            "all": _address("notification_list"),
            "choices": choices,
        }
        subject = items[0]["sentence"]
        if len(found) > 1:
            count = len(found)
            subject = ngettext("%(count)d notification", "%(count)d notifications", count)
            subject %= {"count": count}
        return mail.Letter(
            sender=value("mail.sender"),
            to=user.email,
            subject=f"Videorama: {subject}",
            text=render_to_string("analytics/mail.txt", context),
            html=render_to_string("analytics/mail.html", context),
            message_id=_message_id(job),
            unsubscribe=choices,
        )


def _address(name: str, *args: object) -> str:
    return settings.PUBLIC_URL + reverse(f"analytics:{name}", args=args)


def _message_id(of: UUID) -> str:
    return f"<{of}@{urlsplit(settings.PUBLIC_URL).hostname}>"
