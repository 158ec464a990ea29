"""What waits for a person's decision."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from library.models import Entry, Library
from videorama.jobs.models import Job


class InboxKind(models.TextChoices):
    """Why somebody has to look."""

    DUPLICATE = "duplicate", _("Duplicate")
    LOW_CONFIDENCE = "low_confidence", _("Uncertain")
    NEEDS_REVIEW = "needs_review", _("For review")


class Decision(models.TextChoices):
    """What became of it."""

    OPEN = "open", pgettext_lazy("not decided yet", "Open")
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
        indexes = [
            models.Index(fields=["decision", "-created_at", "-id"], name="inbox_open"),
            models.Index(fields=["decision", "kind", "-created_at", "-id"], name="inbox_by_kind"),
        ]

    def __str__(self) -> str:
        return self.title


class UploadState(models.TextChoices):
    """How far an upload is."""

    OPEN = "open", _("Arriving")
    WHOLE = "whole", _("Arrived")
    DONE = "done", _("Handed over")


class Upload(models.Model):
    """A file on its way to us, in pieces, over any number of connections and days.

    `offset` is the truth about what has arrived: it is written only after the bytes below it are
    safe on disk, and what the file holds beyond it is cut off before more is written. The file is
    `.videorama/uploads/<uuid>/` under the storage root. `batch` ties together what was dropped
    together. A row that is done has no file any more; it tells late subtitles where their video is.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    library = models.ForeignKey(
        Library, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=UploadState, default=UploadState.OPEN)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    root = models.CharField(max_length=30)
    batch = models.CharField(max_length=60, blank=True)
    fingerprint = models.CharField(max_length=400, blank=True)
    metadata = models.TextField(blank=True)
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offset__lte=models.F("size")), name="upload_offset_within_size"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="upload_by_owner"),
            models.Index(fields=["state", "expires_at"], name="upload_expiring"),
        ]

    def __str__(self) -> str:
        return self.filename


# Conditions of learned rules; a keyword is for people to write.
LEARNED = ("channel_id", "uploader", "platform", "media_kind", "tag", "band")


class RuleOrigin(models.TextChoices):
    """Where a rule comes from."""

    LEARNED = "learned", _("Learned")
    WRITTEN = "written", _("Written")


class Rule(models.Model):
    """What speaks for a library: counted from decisions, or written by a person.

    Empty conditions fit everything, all given ones have to fit. A learned rule has one condition
    and counts how often items like that went to its library (`yes`) and were taken out again
    (`no`). Without `user` it holds for everybody; one about a private library belongs to whoever
    put things there.
    """

    CONDITIONS = (*LEARNED, "keyword")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin = models.CharField(max_length=10, choices=RuleOrigin)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rules",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    channel_id = models.CharField(max_length=300, blank=True)
    uploader = models.CharField(max_length=300, blank=True)
    platform = models.CharField(max_length=100, blank=True)
    media_kind = models.CharField(max_length=10, blank=True)
    tag = models.CharField(max_length=100, blank=True)
    keyword = models.CharField(max_length=100, blank=True)
    band = models.CharField(max_length=10, blank=True)
    label = models.CharField(max_length=300, blank=True)
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="rules")
    subfolder = models.CharField(max_length=300, blank=True)
    tags = models.JSONField(default=list, blank=True)
    is_on = models.BooleanField(default=True)
    yes = models.PositiveIntegerField(default=0)
    no = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "library", *LEARNED],
                condition=Q(origin="learned", user__isnull=False),
                name="one_learned_rule_per_person",
            ),
            models.UniqueConstraint(
                fields=["library", *LEARNED],
                condition=Q(origin="learned", user__isnull=True),
                name="one_learned_rule_for_all",
            ),
        ]
        indexes = [
            models.Index(fields=["-origin", "-yes", "-id"], name="rule_listed"),
            *(
                models.Index(fields=[name], condition=~Q(**{name: ""}), name=f"rule_by_{name}")
                for name in LEARNED
            ),
        ]

    def __str__(self) -> str:
        return f"{', '.join(self.conditions.values())} -> {self.library}"

    @property
    def conditions(self) -> dict[str, str]:
        """The given conditions, by column."""
        return {name: value for name in self.CONDITIONS if (value := getattr(self, name))}

    @property
    def feature(self) -> tuple[str, str]:
        """The one condition of a learned rule."""
        return next(iter(self.conditions.items()), ("", ""))


class FilingWay(models.TextChoices):
    """How an entry came to its library."""

    CHOSEN = "chosen", _("Chosen at the import")
    AUTOMATIC = "automatic", _("Filed automatically")
    APPROVED = "approved", _("Approved in the inbox")


class Filing(models.Model):
    """Why an entry was put into its library; what the rules learned from it is in `features`.

    `library` is where it counts at the moment: it follows the entry when that moves on.
    """

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="filing")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="+")
    way = models.CharField(max_length=10, choices=FilingWay)
    confidence = models.FloatField(default=1)
    reasons = models.JSONField(default=list, blank=True)
    rules = models.JSONField(default=list, blank=True)
    features = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.entry} in {self.library}"
