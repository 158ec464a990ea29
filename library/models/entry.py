"""What a library holds: entries, their files, tags, properties and each person's own state."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from library.models.library import Library
from videorama.jobs.models import Job


def length_order() -> models.Func:
    """The length that lists sort by, written the same in queries and in their indexes."""
    return models.Func(
        F("duration_s"),
        template="COALESCE(%(expressions)s, 0.0)",
        output_field=models.FloatField(),
    )


_LIVE = Q(deleted_at__isnull=True)


class MediaKind(models.TextChoices):
    """What the original file is."""

    VIDEO = "video", _("Video")
    AUDIO = "audio", _("Audio")


class Entry(models.Model):
    """One stored video or piece of audio. A row exists only once its original file is in place.

    `info` is the sanitised document the source gave. `normalized_url` with `source_extractor` and
    `source_id` answer whether a link is known. `deleted_at` means it lies in the trash; with
    `files_stay` its media lie where they always lay, and stay there when the trash is emptied.
    `edited_fields` names what a person decided, so that no refresh changes it: fields, and
    `properties.<key>` for properties taken off.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="entries")
    subfolder = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    media_kind = models.CharField(max_length=10, choices=MediaKind)
    duration_s = models.FloatField(null=True, blank=True)
    original_url = models.TextField(blank=True)
    normalized_url = models.TextField(blank=True)
    source_extractor = models.CharField(max_length=100, blank=True)
    source_id = models.CharField(max_length=300, blank=True)
    platform = models.CharField(max_length=100, blank=True)
    uploader = models.CharField(max_length=300, blank=True)
    channel_id = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=35, blank=True)
    import_source = models.CharField(max_length=30, default="web")
    imported_by = models.CharField(max_length=150, blank=True)
    import_job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    view_count = models.PositiveIntegerField(default=0)
    last_viewed_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    edited_fields = models.JSONField(default=list, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    files_stay = models.BooleanField(
        default=False, help_text=_("Deleted without its media files; they are left in place.")
    )

    # Only on rows from queries.with_details, of the user who asked.
    own_states: "list[EntryState]"
    shown_tags: "list[EntryTag]"

    class Meta:
        ordering = ["-added_at", "-pk"]
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="entry_has_title"),
            models.UniqueConstraint(
                fields=["import_job"],
                condition=Q(import_job__isnull=False),
                name="one_entry_per_import_job",
            ),
        ]
        indexes = [
            models.Index(fields=["-added_at", "-id"], name="entry_newest"),
            # As partial as its rivals below: SQLite would take one of them, and sort.
            models.Index(
                fields=["library", "-added_at", "-id"], condition=_LIVE, name="entry_library_newest"
            ),
            models.Index(fields=["source_extractor", "source_id"], name="entry_by_source"),
            models.Index(fields=["normalized_url"], name="entry_by_url"),
            models.Index(
                fields=["-deleted_at", "-id"],
                condition=Q(deleted_at__isnull=False),
                name="entry_trash",
            ),
            models.Index(
                fields=["library", "-deleted_at", "-id"],
                condition=Q(deleted_at__isnull=False),
                name="entry_trash_of_library",
            ),
            # One for each order of a list; see queries.entries.SORTS.
            models.Index(Lower("title"), "id", condition=_LIVE, name="entry_by_title"),
            models.Index(
                "library", Lower("title"), "id", condition=_LIVE, name="entry_library_title"
            ),
            models.Index(length_order(), "id", condition=_LIVE, name="entry_by_length"),
            models.Index(
                "library", length_order(), "id", condition=_LIVE, name="entry_library_length"
            ),
            models.Index(fields=["media_kind", "-added_at", "-id"], name="entry_by_kind"),
            models.Index(
                Upper("platform"), F("added_at").desc(), F("id").desc(), name="entry_by_platform"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class FileRole(models.TextChoices):
    """What a file is to its entry."""

    ORIGINAL = "original", _("Original")
    PLAYABLE = "playable", _("Playable copy")
    POSTER = "poster", _("Poster")
    SPRITE = "sprite", _("Preview frames")
    SPRITE_INDEX = "sprite_index", _("Index of preview frames")
    SUBTITLE = "subtitle", _("Subtitles")
    INFO = "info", _("Source information")


class EntryFile(models.Model):
    """One file of an entry: a place (root, path relative to it) and its facts.

    `library` repeats the entry's library so that the database can keep one live original per
    content hash and library; library.services moves both together. `is_live` is false in the trash.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="files")
    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=15, choices=FileRole)
    root = models.CharField(max_length=30)
    path = models.CharField(max_length=1000)
    format = models.CharField(max_length=20)
    mime = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    duration_s = models.FloatField(null=True, blank=True)
    container = models.CharField(max_length=60, blank=True)
    video_codec = models.CharField(max_length=40, blank=True)
    audio_codec = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    fps = models.FloatField(null=True, blank=True)
    bitrate = models.PositiveBigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=35, blank=True)
    label = models.CharField(max_length=100, blank=True)
    is_automatic = models.BooleanField(
        default=False, help_text=_("Made by a machine at the source.")
    )
    is_browser_playable = models.BooleanField(
        default=True, help_text=_("Browsers play the original as it is; no copy is needed.")
    )
    is_available = models.BooleanField(default=True)
    is_live = models.BooleanField(default=True)
    last_verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["root", "path"], name="one_row_per_file"),
            models.UniqueConstraint(
                fields=["library", "sha256"],
                condition=Q(role="original", is_live=True) & ~Q(sha256=""),
                name="one_live_original_per_hash",
            ),
            models.UniqueConstraint(
                fields=["entry", "role"],
                condition=~Q(role="subtitle"),
                name="one_file_per_role",
            ),
        ]
        indexes = [models.Index(fields=["sha256"], name="entry_file_by_hash")]

    def __str__(self) -> str:
        return f"{self.role}: {self.path}"


class EntryState(models.Model):
    """What one person keeps about one entry."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="entry_states"
    )
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="states")
    favorite = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    position_s = models.FloatField(default=0)
    watched_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "entry"], name="one_state_per_user"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | (Q(rating__gte=1) & Q(rating__lte=5)),
                name="state_rating_in_range",
            ),
            models.CheckConstraint(condition=Q(position_s__gte=0), name="state_position_positive"),
        ]
        indexes = [
            models.Index(fields=["user", "-updated_at"], name="state_recent"),
            models.Index(
                fields=["user", "-updated_at", "-id"],
                condition=Q(position_s__gt=0),
                name="state_begun",
            ),
            models.Index(
                fields=["user", "entry"], condition=Q(favorite=True), name="state_favorite"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.entry}"


class Tag(models.Model):
    """A word on a shelf label; tags form a tree. Names are unique without regard to case."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    # Only on rows from queries.counted_tags.
    usage_count: int

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_tag_per_name"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="tag_not_own_parent"
            ),
        ]
        indexes = [models.Index(fields=["name", "id"], name="tag_by_name")]

    def __str__(self) -> str:
        return self.name


class TagSource(models.TextChoices):
    """Who put a tag on; a person's tag outranks all others."""

    USER = "user", _("You")
    IMPORT = "import", pgettext_lazy("noun", "Import")
    PATH = "path", _("Folder")
    PLATFORM = "platform", _("Platform")


class EntryTag(models.Model):
    """A tag on an entry. `hidden` remembers that a person took it off."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="entry_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="entry_tags")
    source = models.CharField(max_length=20, choices=TagSource, default=TagSource.USER)
    confidence = models.FloatField(default=1)
    hidden = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "tag"], name="one_tag_per_entry"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="entry_tag_confidence"
            ),
        ]
        indexes = [
            models.Index(fields=["tag", "entry"], condition=Q(hidden=False), name="entry_tag_shown")
        ]

    def __str__(self) -> str:
        return f"{self.tag} on {self.entry}"


class PropertySource(models.TextChoices):
    """Who said it; what a person says is never overwritten."""

    USER = "user", _("You")
    PLATFORM = "platform", _("Platform")
    FILE = "file", _("File")


class EntryProperty(models.Model):
    """A named fact about an entry, such as artist or album."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="properties")
    key = models.CharField(max_length=60)
    value = models.TextField()
    source = models.CharField(max_length=20, choices=PropertySource, default=PropertySource.USER)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]
        verbose_name_plural = "entry properties"
        constraints = [
            models.UniqueConstraint(fields=["entry", "key"], name="one_value_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
