"""The verbs of importing, one file per noun behind this door."""

from imports.services.addresses import checked_source
from imports.services.downloading import default_preset, download_limits, network_policy
from imports.services.file_requests import request_file_import
from imports.services.previews import MAX_PREVIEWS, NOT_READABLE, Preview, preview
from imports.services.requests import (
    already_imported,
    checked_preset,
    request_import,
    require_editor,
)
from imports.services.tidying import sweep, tidy_up
from imports.services.uploads import (
    RESERVE_BYTES,
    begin_upload,
    complete,
    confirm,
    give_up,
    hand_over,
    settle_uploads,
    sweep_uploads,
)

__all__ = [
    "MAX_PREVIEWS",
    "NOT_READABLE",
    "RESERVE_BYTES",
    "Preview",
    "already_imported",
    "begin_upload",
    "checked_preset",
    "checked_source",
    "complete",
    "confirm",
    "default_preset",
    "download_limits",
    "give_up",
    "hand_over",
    "network_policy",
    "preview",
    "request_file_import",
    "request_import",
    "require_editor",
    "settle_uploads",
    "sweep",
    "sweep_uploads",
    "tidy_up",
]
