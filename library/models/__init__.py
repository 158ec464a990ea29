"""Tables of the library room, one file per noun."""

from library.models.changes import BulkChange, BulkItem, BulkKind
from library.models.derived import EntryDoc, LibraryTally
from library.models.entry import (
    Entry,
    EntryFile,
    EntryProperty,
    EntryState,
    EntryTag,
    FileRole,
    MediaKind,
    PropertySource,
    Tag,
    TagSource,
)
from library.models.library import Library, LibraryMember, MemberRole
from library.models.sources import EntrySource
from library.models.text import Chapter
from library.models.usage import DownloadEvent, LogPosition, TransferKind

__all__ = [
    "BulkChange",
    "BulkItem",
    "BulkKind",
    "Chapter",
    "DownloadEvent",
    "Entry",
    "EntryDoc",
    "EntryFile",
    "EntryProperty",
    "EntrySource",
    "EntryState",
    "EntryTag",
    "FileRole",
    "Library",
    "LibraryMember",
    "LibraryTally",
    "LogPosition",
    "MediaKind",
    "MemberRole",
    "PropertySource",
    "Tag",
    "TagSource",
    "TransferKind",
]
