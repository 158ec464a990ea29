"""Words about an entry that belong to moments in it."""

from django.db import models
from django.db.models import F, Q

from library.models.entry import Entry


class Chapter(models.Model):
    """A named stretch of an entry, in milliseconds from its start."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="chapters")
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    title = models.CharField(max_length=500)
    source = models.CharField(max_length=20, default="platform")

    class Meta:
        ordering = ["entry", "start_ms"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "start_ms"], name="one_chapter_per_start"),
            models.CheckConstraint(
                condition=Q(end_ms__gt=F("start_ms")), name="chapter_has_length"
            ),
        ]

    def __str__(self) -> str:
        return self.title
