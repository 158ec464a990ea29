"""Writes of the library room: libraries, entries, what is stored, what each person keeps."""

from library.services.entries import (
    count_view,
    delete_entry,
    edit_entry,
    set_state,
)
from library.services.incoming import (
    discard_incoming,
    hash_file,
    held_folder,
    incoming_folder,
    sweep_incoming,
)
from library.services.libraries import (
    create_library,
    delete_library,
    edit_library,
    ensure_default_library,
    remove_member,
    set_member,
)
from library.services.renditions import enqueue_renditions
from library.services.storing import (
    NewChapter,
    NewEntry,
    NewFile,
    add_entry,
    add_files,
)
from library.services.transfers import begin_transfer, mark_available, record_bytes

__all__ = [
    "NewChapter",
    "NewEntry",
    "NewFile",
    "add_entry",
    "add_files",
    "begin_transfer",
    "count_view",
    "create_library",
    "delete_entry",
    "delete_library",
    "discard_incoming",
    "edit_entry",
    "edit_library",
    "enqueue_renditions",
    "ensure_default_library",
    "hash_file",
    "held_folder",
    "incoming_folder",
    "mark_available",
    "record_bytes",
    "remove_member",
    "set_member",
    "set_state",
    "sweep_incoming",
]
