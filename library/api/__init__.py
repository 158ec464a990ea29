"""API of the library room."""

from library.api import details, media
from library.api.entries import router as entries_router
from library.api.libraries import router as libraries_router
from library.api.tags import router as tags_router
from library.api.trash import router as trash_router

entries_router.add_router("", media.router)
entries_router.add_router("", details.router)

__all__ = ["entries_router", "libraries_router", "tags_router", "trash_router"]
