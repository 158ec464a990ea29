"""What a person is told, which jobs it tells of, and which of it a person wants."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# The newest titles that a notification names; of the others it only says how many.
TITLES_KEPT = 3


class NotificationKind(models.TextChoices):
    """What it is about."""

    IMPORT_DONE = "import_done", _("An import is done")
    INBOX_WAITING = "inbox_waiting", _("Something waits in the inbox")
    IMPORT_FAILED = "import_failed", _("An import failed")
    JOB_FAILED = "job_failed", _("Other work failed")


class Notification(models.Model):
    """One message to one person. Its sentence is made when it is read, in the reader's language.

    What happens within minutes joins the newest unread message of its kind: `count` is how many,
    `titles` names the newest. `link` is where it leads while it tells of one thing only.
    `mail_job` has taken it to send it, `emailed_at` is set right before the server gets it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=20, choices=NotificationKind)
    count = models.PositiveIntegerField(default=1)
    titles = models.JSONField(default=list)
    link = models.CharField(max_length=300, blank=True)
    # Somebody may want a kind by e-mail alone.
    in_bell = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail_job = models.UUIDField(null=True, blank=True, editable=False)
    emailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=NotificationKind.values), name="notification_kind_known"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="notification_tells_something"),
        ]
        indexes = [
            models.Index(fields=["user", "-changed_at", "-id"], name="notification_newest"),
            models.Index(
                fields=["user", "kind"], name="notification_unread", condition=Q(read_at=None)
            ),
            models.Index(
                fields=["created_at"],
                name="notification_to_mail",
                condition=Q(read_at=None, emailed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"


class ToldJob(models.Model):
    """The end of a job that its owner was told of, so that nobody is told twice.

    Without a notification the owner did not want to know.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="told_jobs"
    )
    kind = models.CharField(max_length=20, choices=NotificationKind)
    job = models.UUIDField()
    notification = models.ForeignKey(
        Notification, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["job", "kind", "user"], name="told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.job}"


class NotificationChoice(models.Model):
    """What one person wants of one kind; without a row the bell rings and no mail is sent."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices"
    )
    kind = models.CharField(max_length=20, choices=NotificationKind)
    in_bell = models.BooleanField(default=True)
    by_email = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_choice_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"
