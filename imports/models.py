"""What waits for a person's decision."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library
from videorama.jobs.models import Job


class InboxKind(models.TextChoices):
    """Why somebody has to look."""

    DUPLICATE = "duplicate", _("Duplicate")
    LOW_CONFIDENCE = "low_confidence", _("Uncertain")
    NEEDS_REVIEW = "needs_review", _("For review")


class Decision(models.TextChoices):
    """What became of it."""

    OPEN = "open", _("Open")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded")


class InboxItem(models.Model):
    """A file that arrived and waits for a decision, or a duplicate that was found.

    `held` names the folder under the storage root that holds the files, `proposal` is the entry as
    it would be stored (a document of imports.pipeline). A duplicate holds none: `existing` has it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=InboxKind)
    decision = models.CharField(max_length=12, choices=Decision, default=Decision.OPEN)
    job = models.OneToOneField(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="inbox_item"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="inbox_items"
    )
    library = models.ForeignKey(
        Library, null=True, blank=True, on_delete=models.CASCADE, related_name="inbox_items"
    )
    existing = models.ForeignKey(
        Entry, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(max_length=500)
    root = models.CharField(max_length=30, blank=True)
    held = models.CharField(max_length=200, blank=True)
    proposal = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1),
                name="inbox_confidence_in_range",
            ),
        ]
        indexes = [models.Index(fields=["decision", "-created_at", "-id"], name="inbox_open")]

    def __str__(self) -> str:
        return self.title
