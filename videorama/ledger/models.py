"""One fact, and what it is about."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from videorama.ledger.doors import Door


class Severity(models.TextChoices):
    """How much attention a fact deserves."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")


class LedgerEvent(models.Model):
    """Something that happened. It is never changed or deleted, and outlives whom and what it names:
    people and things stand here by id and by the name they had, not by key.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.INFO)
    door = models.CharField(max_length=10, choices=Door)
    user_id = models.CharField(max_length=36, blank=True)
    user_name = models.CharField(max_length=150, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"


class LedgerSubject(models.Model):
    """One thing a fact is about, such as the entry that was moved and the library it went to."""

    event = models.ForeignKey(LedgerEvent, on_delete=models.PROTECT, related_name="subjects")
    kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind", "subject_id"], name="one_subject_per_fact"
            ),
        ]
        indexes = [models.Index(fields=["kind", "subject_id", "-event"], name="ledger_by_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
