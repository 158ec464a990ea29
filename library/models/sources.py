"""Further addresses an entry is known by."""

from django.db import models

from library.models.entry import Entry


class EntrySource(models.Model):
    """Another place where the same thing was found; it counts as known from then on.

    The entry's own columns hold the source it came from.
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="sources")
    url = models.TextField(blank=True)
    normalized_url = models.TextField(blank=True)
    extractor = models.CharField(max_length=100, blank=True)
    source_id = models.CharField(max_length=300, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "normalized_url"], name="one_source_per_url"),
        ]
        indexes = [
            models.Index(fields=["normalized_url"], name="entry_source_by_url"),
            models.Index(fields=["extractor", "source_id"], name="entry_source_by_id"),
        ]

    def __str__(self) -> str:
        return self.url
