"""Letting go of an upload's bytes once they have found their place."""

from datetime import timedelta

from django.utils import timezone

from imports.models import Upload, UploadState
from library import services as library_services

KEPT = timedelta(days=7)


def hand_over(*, upload: Upload) -> None:
    """The bytes are elsewhere or of no use: the row stays for a while, its file goes."""
    changed = Upload.objects.filter(pk=upload.pk).exclude(state=UploadState.DONE)
    changed.update(
        state=UploadState.DONE, updated_at=timezone.now(), expires_at=timezone.now() + KEPT
    )
    library_services.discard_upload(root=upload.root, upload_uuid=upload.uuid)
