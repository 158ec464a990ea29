"""The partial file of an upload, and the one writer it may have at a time.

The row's `offset` counts only bytes that are safe on disk; a writer first cuts off what the file
holds beyond it. So after a kill at any moment the row never claims more than there is. A lock on
the file, which the system lets go of with the process, keeps two writers apart.
"""

import fcntl
import os
import threading
from dataclasses import dataclass
from time import monotonic
from typing import Self
from uuid import UUID

from django.utils.http import http_date

from imports import errors, queries, services
from imports.models import Upload, UploadState
from library import services as library
from library.errors import DiskFull
from videorama.ledger import doors

TICKET_HEADER = "X-Videorama-Receive"
# So much, or so long, may be lost to a power cut or a kill; a cut connection loses nothing.
CONFIRM_BYTES, CONFIRM_S = 32 << 20, 1.0


@dataclass(frozen=True)
class Ticket:
    """What the view tells the receiver: which upload, from where on, and how to speak."""

    upload: UUID
    offset: int
    language: str

    def text(self) -> str:
        """As a header."""
        return f"{self.upload} {self.offset} {self.language}"

    @classmethod
    def read(cls, text: str) -> Self:
        """What text() wrote."""
        upload, offset, language = text.split(" ")
        return cls(UUID(upload), int(offset), language)


class PartialFile:
    """One writer of one upload. Its calls may come from different threads, one after another."""

    def __init__(self, upload: Upload, descriptor: int, door: str) -> None:
        self.upload = upload
        self._descriptor = descriptor
        self._door = doors.Door(door)
        self._end = upload.offset
        self._confirmed_at = monotonic()
        self._guard = threading.Lock()

    def write(self, data: bytes | bytearray) -> None:
        """Appends. Raises DiskFull and UploadTooLong; what fitted before stays."""
        with self._guard:
            if self._end + len(data) > self.upload.size:
                raise errors.UploadTooLong
            disk = os.fstatvfs(self._descriptor)
            if disk.f_bavail * disk.f_frsize < services.RESERVE_BYTES + len(data):
                raise DiskFull
            left = memoryview(data)
            with library.storage_errors():
                while left:
                    count = os.pwrite(self._descriptor, left, self._end)
                    self._end += count
                    left = left[count:]

    def is_due(self, now: float) -> bool:
        """Enough came since the last time that it should be written down."""
        unconfirmed = self._end - self.upload.offset
        return unconfirmed >= CONFIRM_BYTES or (
            unconfirmed > 0 and now - self._confirmed_at >= CONFIRM_S
        )

    def confirm(self) -> None:
        """Makes what was written durable, then says so in the row."""
        with self._guard:
            if self._end > self.upload.offset:
                with library.storage_errors():
                    os.fdatasync(self._descriptor)
                services.confirm(upload=self.upload, offset=self._end)
            self._confirmed_at = monotonic()

    def finish(self) -> None:
        """The last confirmation of this connection; a whole file goes to its import."""
        self.confirm()
        if self.upload.offset == self.upload.size:
            with doors.using(self._door):
                self.upload = services.complete(upload=self.upload)

    def close(self) -> None:
        """Lets the next writer in."""
        with self._guard:
            os.close(self._descriptor)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer tells of the upload."""
        return [
            (name.encode(), value.encode()) for name, value in upload_headers(self.upload).items()
        ]


def open_partial(ticket: Ticket, announced: int | None, door: str) -> PartialFile:
    """The writer of the upload the ticket names, at the place the ticket names.

    Raises UploadGone, UploadBusy, OffsetMismatch, and UploadTooLong for more announced bytes than
    are due.
    """
    upload = _upload(ticket.upload)
    place = library.upload_file(root=upload.root, upload_uuid=upload.uuid)
    with library.storage_errors():
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise errors.UploadBusy from None
        upload = _upload(ticket.upload)
        truth = settled_offset(upload, os.fstat(descriptor).st_size)
        if upload.state != UploadState.OPEN or ticket.offset != truth:
            raise errors.OffsetMismatch(details={"offset": truth})
        if announced is not None and truth + announced > upload.size:
            raise errors.UploadTooLong(details={"size": upload.size})
        with library.storage_errors():
            os.ftruncate(descriptor, truth)
        return PartialFile(upload, descriptor, door)
    except BaseException:
        os.close(descriptor)
        raise


def settled_offset(upload: Upload, on_disk: int) -> int:
    """Where the upload really goes on: never beyond what the disk holds."""
    if upload.state == UploadState.OPEN and on_disk < upload.offset:
        services.confirm(upload=upload, offset=on_disk)
    return upload.offset


def upload_headers(upload: Upload) -> dict[str, str]:
    """Where an upload is, in the words of the protocol."""
    found = {"Upload-Offset": str(upload.offset)}
    if upload.state == UploadState.OPEN:
        found["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    elif upload.job is not None:
        found["Videorama-Job"] = str(upload.job.uuid)
    elif upload.state == UploadState.WHOLE and services.waits_for_video(upload):
        found["Videorama-Waits"] = "video"
    return found


def _upload(upload_uuid: UUID) -> Upload:
    upload = queries.any_upload(upload_uuid)
    if upload is None:
        raise errors.UploadGone
    return upload
