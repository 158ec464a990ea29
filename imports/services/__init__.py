"""The verbs of importing, one file per noun behind this door."""

from imports.services.addresses import checked_source, network_policy
from imports.services.previews import MAX_PREVIEWS, NOT_READABLE, Preview, preview
from imports.services.requests import (
    DEFAULT_PRESET,
    already_imported,
    checked_preset,
    request_import,
    require_editor,
)
from imports.services.tidying import sweep, tidy_up

__all__ = [
    "DEFAULT_PRESET",
    "MAX_PREVIEWS",
    "NOT_READABLE",
    "Preview",
    "already_imported",
    "checked_preset",
    "checked_source",
    "network_policy",
    "preview",
    "request_import",
    "require_editor",
    "sweep",
    "tidy_up",
]
