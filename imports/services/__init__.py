"""The verbs of importing, one file per noun behind this door."""

from imports.inbox_parts import on_change
from imports.services.addresses import checked_source
from imports.services.downloading import default_preset, download_limits, network_policy
from imports.services.file_requests import request_file_import
from imports.services.folders import (
    EXTENSIONS,
    MOST_FILES,
    cancel_children,
    child_key,
    children_of,
    count_media,
    media_below,
    request_folder_import,
    root_names,
)
from imports.services.handing_over import hand_over
from imports.services.inbox import (
    KEPT_FOR,
    above,
    approve,
    approve_all,
    change,
    keep_both,
    link,
    reject,
    replace,
    take_back,
)
from imports.services.joining import join_filed, join_waiting, waits_for_video
from imports.services.previews import MAX_PREVIEWS, NOT_READABLE, Preview, preview
from imports.services.refreshing import request_refresh
from imports.services.requests import (
    already_imported,
    checked_preset,
    request_import,
    require_editor,
)
from imports.services.reviewing import undo_decision
from imports.services.rules import create_rule, delete_rule, switch_rule, would_match
from imports.services.tidying import sweep, sweep_held, tidy_up, tidy_up_filing
from imports.services.uploads import (
    RESERVE_BYTES,
    begin_upload,
    complete,
    confirm,
    give_up,
    settle_uploads,
    sweep_uploads,
)

__all__ = [
    "EXTENSIONS",
    "KEPT_FOR",
    "MAX_PREVIEWS",
    "MOST_FILES",
    "NOT_READABLE",
    "RESERVE_BYTES",
    "Preview",
    "above",
    "already_imported",
    "approve",
    "approve_all",
    "begin_upload",
    "cancel_children",
    "change",
    "checked_preset",
    "checked_source",
    "child_key",
    "children_of",
    "complete",
    "confirm",
    "count_media",
    "create_rule",
    "default_preset",
    "delete_rule",
    "download_limits",
    "give_up",
    "hand_over",
    "join_filed",
    "join_waiting",
    "keep_both",
    "link",
    "media_below",
    "network_policy",
    "on_change",
    "preview",
    "reject",
    "replace",
    "request_file_import",
    "request_folder_import",
    "request_import",
    "request_refresh",
    "require_editor",
    "root_names",
    "settle_uploads",
    "sweep",
    "sweep_held",
    "sweep_uploads",
    "switch_rule",
    "take_back",
    "tidy_up",
    "tidy_up_filing",
    "undo_decision",
    "waits_for_video",
    "would_match",
]
