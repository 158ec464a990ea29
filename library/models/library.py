"""A shelf of entries, and who may stand before it."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MemberRole(models.TextChoices):
    """What a member may do in this one library."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")


class Library(models.Model):
    """A named shelf with a folder of its own. The slug is what everybody outside calls its id.

    Private means owner, members and administrators; everybody else sees nothing of it.
    `folder` is relative to the storage root named `root`.
    """

    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z0-9_-]+\Z", _("Use lower-case letters, digits, _ and -."))
        ],
    )
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    icon = models.CharField(max_length=16, default="📁")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_libraries"
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="LibraryMember",
        related_name="member_libraries",
        blank=True,
    )
    is_private = models.BooleanField(default=False)
    root = models.CharField(max_length=30)
    folder = models.CharField(max_length=500)
    path_template = models.CharField(max_length=300, default="{uploader}/{title}.{ext}")
    auto_organize = models.BooleanField(default=True)
    auto_tag_from_path = models.BooleanField(default=False)
    confidence_threshold = models.FloatField(default=0.7)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Only on rows from queries.counted_libraries.
    entry_count: int
    total_bytes: int
    total_s: float

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "libraries"
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence_threshold__gte=0) & Q(confidence_threshold__lte=1),
                name="library_threshold_in_range",
            ),
            models.UniqueConstraint(fields=["root", "folder"], name="one_library_per_folder"),
        ]

    def __str__(self) -> str:
        return self.name


class LibraryMember(models.Model):
    """One person's place in one library."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="library_memberships"
    )
    role = models.CharField(max_length=10, choices=MemberRole, default=MemberRole.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["library", "user"], name="one_membership_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.library} as {self.role}"
