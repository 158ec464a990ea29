"""One row per piece of background work, and its log lines."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JobStatus(models.TextChoices):
    """scheduled -> pending -> running -> an end, with retrying between attempts."""

    SCHEDULED = "scheduled", _("Scheduled")
    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Running")
    RETRYING = "retrying", _("Trying again")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partly done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (JobStatus.SCHEDULED, JobStatus.PENDING, JobStatus.RUNNING, JobStatus.RETRYING)
WAITING = (JobStatus.SCHEDULED, JobStatus.PENDING, JobStatus.RETRYING)
ENDED = (JobStatus.COMPLETED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


class Queue(models.TextChoices):
    """Which worker slots run it: downloads and transcodes are heavy."""

    QUICK = "quick", _("Quick")
    HEAVY = "heavy", _("Heavy")


class LogLevel(models.TextChoices):
    """How serious a log line is."""

    DEBUG = "debug", _("Detail")
    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")


class Job(models.Model):
    """The only record of one piece of background work; only jobs.services and jobs.run write it.

    `params` are opaque ids and options for the kind's work; there is no foreign key to media.
    `library` is the slug of the library it files into (empty: automatic or none): whoever may edit
    that library sees the job too. `claims` is the fencing token, `failures` counts towards the
    retry limit. `progress` is 0..100 and never falls within one claim.
    """

    # Set by enqueue on the object it gives: an equal job existed already. Not stored.
    was_reused = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=500)
    link = models.CharField(
        max_length=300, blank=True, help_text=_("Page of the result, when there is one.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
    )
    library = models.CharField(max_length=50, blank=True)
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict, blank=True)

    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.PENDING)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0)
    message = models.CharField(max_length=500, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_detail = models.TextField(blank=True, help_text=_("For operators only."))

    queue = models.CharField(max_length=10, choices=Queue, default=Queue.QUICK)
    priority = models.PositiveSmallIntegerField(default=5, help_text=_("0 is first, 9 is last."))
    run_after = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(
        default=0, help_text=_("Claims lost in a row without new bytes or a new stage.")
    )
    worker = models.CharField(max_length=80, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    dedup_key = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=200, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="job_status_known"
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0) & Q(progress__lte=100), name="job_progress_in_range"
            ),
            models.UniqueConstraint(
                fields=["dedup_key"],
                condition=Q(status__in=OPEN) & ~Q(dedup_key=""),
                name="one_open_job_per_request",
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_job_per_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "queue", "priority", "id"], name="job_next"),
            models.Index(fields=["owner", "-created_at", "-id"], name="job_by_owner"),
            models.Index(fields=["library", "-created_at", "-id"], name="job_by_library"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="job_by_status"),
            models.Index(fields=["kind", "-created_at", "-id"], name="job_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"

    @property
    def is_open(self) -> bool:
        """Not yet ended."""
        return self.status in OPEN

    @property
    def is_cancelling(self) -> bool:
        """Asked to stop and not yet stopped."""
        return self.is_open and self.cancel_requested_at is not None


class JobLog(models.Model):
    """One line for the person who watches the job; `seq` counts from 1 within the job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lines")
    seq = models.PositiveIntegerField()
    level = models.CharField(max_length=10, choices=LogLevel, default=LogLevel.INFO)
    stage = models.CharField(max_length=40, blank=True)
    message = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="one_line_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.level}: {self.message}"
