"""Writes of the library room: libraries, entries, what is stored, what each person keeps."""

from library.files import storage_errors
from library.services.access_log import read_access_log
from library.services.bulk import (
    UNDO_FOR,
    BulkResult,
    apply_chunk,
    change_many,
    forget_changes,
)
from library.services.changing import change_entry
from library.services.editing import edit_entry, version_of
from library.services.entries import (
    count_view,
    set_state,
)
from library.services.holding import (
    discard_held,
    held_address,
    held_file,
    held_keys,
    sweep_held,
)
from library.services.incoming import (
    discard_incoming,
    finish_interrupted,
    hash_file,
    held_folder,
    incoming_folder,
    incoming_keys,
)
from library.services.libraries import (
    create_library,
    delete_library,
    edit_library,
    ensure_default_library,
    relocate_library,
    remove_member,
    set_member,
    set_owner,
)
from library.services.moves import move_entries, move_one, reorganize
from library.services.new_entries import NewChapter, NewEntry, NewFile
from library.services.posters import replace_poster
from library.services.properties import remove_property, set_property
from library.services.receiving import (
    bring_in,
    discard_upload,
    free_bytes,
    place_in_root,
    upload_file,
    upload_folders,
)
from library.services.refreshing import refresh_entry
from library.services.renditions import enqueue_renditions
from library.services.replacing import replace_original
from library.services.sources import add_source
from library.services.storing import add_entry, add_files
from library.services.subtitles import attach_subtitle, bring_subtitle, remove_subtitle
from library.services.tagging import tag_entries
from library.services.tags import create_tag, delete_tag, edit_tag, merge_tags
from library.services.telling import on_move
from library.services.transfers import begin_transfer, mark_available, record_bytes
from library.services.trashing import (
    delete_entry,
    empty_trash,
    purge_entry,
    purge_many,
    restore_entry,
    restore_many,
    sweep_trash,
)
from library.services.undoing import left_to_undo, undo_change, undo_chunk

__all__ = [
    "UNDO_FOR",
    "BulkResult",
    "NewChapter",
    "NewEntry",
    "NewFile",
    "add_entry",
    "add_files",
    "add_source",
    "apply_chunk",
    "attach_subtitle",
    "begin_transfer",
    "bring_in",
    "bring_subtitle",
    "change_entry",
    "change_many",
    "count_view",
    "create_library",
    "create_tag",
    "delete_entry",
    "delete_library",
    "delete_tag",
    "discard_held",
    "discard_incoming",
    "discard_upload",
    "edit_entry",
    "edit_library",
    "edit_tag",
    "empty_trash",
    "enqueue_renditions",
    "ensure_default_library",
    "finish_interrupted",
    "forget_changes",
    "free_bytes",
    "hash_file",
    "held_address",
    "held_file",
    "held_folder",
    "held_keys",
    "incoming_folder",
    "incoming_keys",
    "left_to_undo",
    "mark_available",
    "merge_tags",
    "move_entries",
    "move_one",
    "on_move",
    "place_in_root",
    "purge_entry",
    "purge_many",
    "read_access_log",
    "record_bytes",
    "refresh_entry",
    "relocate_library",
    "remove_member",
    "remove_property",
    "remove_subtitle",
    "reorganize",
    "replace_original",
    "replace_poster",
    "restore_entry",
    "restore_many",
    "set_member",
    "set_owner",
    "set_property",
    "set_state",
    "storage_errors",
    "sweep_held",
    "sweep_trash",
    "tag_entries",
    "undo_change",
    "undo_chunk",
    "upload_file",
    "upload_folders",
    "version_of",
]
