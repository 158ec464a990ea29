"""What was done to many entries at once, kept so that it can be undone exactly."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from library.models.entry import Entry
from videorama.jobs.models import Job


class BulkKind(models.TextChoices):
    """What was done."""

    TAGS = "tags", _("Change tags")
    FAVORITE = "favorite", _("Mark as favourite")
    WATCHED = "watched", _("Mark as watched")
    MOVE = "move", _("Move")
    DELETE = "delete", _("Delete")


class BulkChange(models.Model):
    """One change of many entries, by one person. `params` is what was asked, in plain JSON.

    `undone_at` set means it was taken back; nothing is taken back twice.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_changes"
    )
    kind = models.CharField(max_length=20, choices=BulkKind)
    params = models.JSONField(default=dict, blank=True)
    skipped = models.PositiveIntegerField(default=0)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.user}"


class BulkItem(models.Model):
    """One entry of such a change and how it was `before`; written with the change itself."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="items")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "entry"], name="one_item_per_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.entry} before {self.change}"
