"""One fact, what it is about, and where the chain of facts ends."""

import uuid
from typing import Any, ClassVar, Never

from django.db import models
from django.utils.translation import gettext_lazy as _

from videorama.ledger.doors import Door
from videorama.ledger.errors import AppendOnly

# What the first fact follows.
NOTHING = "0" * 64


class Severity(models.TextChoices):
    """How much attention a fact deserves."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")


class AppendOnlyQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Rows that are added and read, nothing else; triggers of the database say the same."""

    def update(self, **values: Any) -> Never:
        """Never."""
        raise AppendOnly

    def bulk_update(self, *rows: Any, **more: Any) -> Never:
        """Never."""
        raise AppendOnly

    def delete(self) -> Never:
        """Never."""
        raise AppendOnly


class Written(models.Model):
    """A row that stays as it was written."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **more: Any) -> None:
        """Only once."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **{**more, "force_insert": True})

    def delete(self, *args: Any, **more: Any) -> Never:
        """Never."""
        raise AppendOnly


class LedgerEvent(Written):
    """Something that happened. It is never changed or deleted, and outlives whom and what it names:
    people and things stand here by id and by the name they had, not by key.

    `sequence` counts from 1 without gaps; `hash` covers every column, the subjects, and the hash
    of the fact before.
    """

    sequence = models.BigIntegerField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.INFO)
    door = models.CharField(max_length=10, choices=Door)
    user_id = models.CharField(max_length=36, blank=True)
    user_name = models.CharField(max_length=150, blank=True)
    data = models.JSONField(default=dict, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["event", "-sequence"], name="ledger_by_event"),
            models.Index(fields=["user_id", "-sequence"], name="ledger_by_user"),
            models.Index(fields=["at"], name="ledger_by_time"),
            models.Index(fields=["user_name", "-sequence"], name="ledger_by_name"),
            models.Index(fields=["severity", "-sequence"], name="ledger_by_severity"),
        ]

    def __str__(self) -> str:
        return f"{self.event} #{self.sequence}"


class LedgerSubject(Written):
    """One thing a fact is about, such as the entry that was moved and the library it went to."""

    # Three columns make the key, so there is no column that the hash of the fact does not cover.
    pk = models.CompositePrimaryKey("event_id", "kind", "subject_id")
    event = models.ForeignKey(LedgerEvent, on_delete=models.PROTECT, related_name="subjects")
    kind = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=200)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "subject_id", "-event"], name="ledger_by_subject"),
            models.Index(fields=["subject_id", "-event"], name="ledger_by_subject_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class LedgerHead(models.Model):
    """How many facts there are and the hash of the last one; one row.

    Writers hold it while they write, so that the chain cannot fork. It also tells when facts were
    cut off the end.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    count = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=NOTHING)

    def __str__(self) -> str:
        return f"{self.count} {self.hash}"
