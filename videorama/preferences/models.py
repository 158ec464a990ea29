"""One stored setting."""

from django.db import models


class Setting(models.Model):
    """The value of one registered setting; a row exists only where it was set."""

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
