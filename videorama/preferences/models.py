"""One stored setting."""

from django.db import models
from django.db.models import Q


class Setting(models.Model):
    """The value of one registered setting; a row exists only where it was set.

    A secret lies in `ciphertext`, with the version of the key that opens it; anything else in
    `value`.
    """

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField(null=True)
    ciphertext = models.TextField(blank=True)
    key_version = models.CharField(max_length=16, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ciphertext="", key_version="")
                | (~Q(ciphertext="") & ~Q(key_version="") & Q(value__isnull=True)),
                name="setting_secret_or_plain",
            ),
        ]

    def __str__(self) -> str:
        return self.key
