"""API of the library room."""

from library.api import media
from library.api.entries import router as entries_router
from library.api.libraries import router as libraries_router

entries_router.add_router("", media.router)

__all__ = ["entries_router", "libraries_router"]
