"""What was played and downloaded."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from library.models.entry import Entry


class TransferKind(models.TextChoices):
    """What the bytes were for."""

    STREAM = "stream", _("Playing")
    DOWNLOAD = "download", _("Download")
    ORIGINAL = "original", _("Download of the original")


class DownloadEvent(models.Model):
    """One viewing or download by one client. Ranges of a viewing are summed into one row.

    `bytes_transferred` is what was handed to the network, right to within the socket buffers.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="download_events")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    format = models.CharField(max_length=10, choices=TransferKind)
    session_key = models.CharField(max_length=64)
    bytes_transferred = models.PositiveBigIntegerField(default=0)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    completed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["entry", "-created_at"], name="download_by_entry"),
            models.Index(fields=["-created_at"], name="download_newest"),
            models.Index(fields=["session_key", "-updated_at"], name="download_by_session"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.entry}"


class LogPosition(models.Model):
    """How far one access log of nginx was read; `identity` is the hash of its first line."""

    identity = models.CharField(max_length=64, unique=True)
    offset = models.PositiveBigIntegerField(default=0)
    read_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.identity[:12]} up to {self.offset}"
