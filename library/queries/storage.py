"""Looking through the folders of the storage roots, without ever leaving them."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from library import files
from library.errors import OutsideRoot
from library.models import Library
from library.queries.libraries import libraries_for
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed, NotFound

PAGE_LIMIT = 500


@dataclass(frozen=True)
class Subfolder:
    """A folder in a folder; `path` is relative to the root."""

    name: str
    path: str
    child_count: int


@dataclass(frozen=True)
class Folder:
    """One page of the folders in a folder. `parent` is None at the top of the root.

    `next` is what `after` takes for the page behind it, None at the end.
    """

    root: str
    path: str
    parent: str | None
    items: list[Subfolder]
    count: int
    next: str | None

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Name and path of each folder from the top to this one."""
        names = self.path.split("/") if self.path else []
        return [(name, "/".join(names[: depth + 1])) for depth, name in enumerate(names)]


def root_names() -> list[str]:
    """Names of the storage roots, the default first."""
    return files.root_names()


def browse(
    user: User, *, root: str = "", path: str = "", after: str = "", limit: int = 100
) -> Folder:
    """The folders in a folder of a storage root, by name, for editors.

    Symbolic links, hidden folders and the folders of libraries that the asker may not see do not
    exist here. Raises Invalid for a path that leads elsewhere, NotFound where there is no folder.
    """
    if not user.is_editor:
        raise NotAllowed(_("Only editors may look through the storage."))
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(details={"field": "limit"})
    root = root or files.default_root()
    if root not in files.root_names():
        raise Invalid(_("There is no storage root of this name."), details={"field": "root"})
    path = path.strip("/")
    closed = set(
        Library.objects.filter(root=root)
        .exclude(pk__in=libraries_for(user).order_by().values("pk"))
        .values_list("folder", flat=True)
    )
    place = _place(root, path)
    if any(_is_below(path, folder) for folder in closed):
        raise NotFound
    names = _names(place, path, closed)
    shown = [name for name in names if name > after][: limit + 1]
    return Folder(
        root=root,
        path=path,
        parent=path.rpartition("/")[0] if path else None,
        items=[
            Subfolder(
                name, _joined(path, name), len(_names(place / name, _joined(path, name), closed))
            )
            for name in shown[:limit]
        ],
        count=len(names),
        next=shown[limit - 1] if len(shown) > limit else None,
    )


def _place(root: str, path: str) -> Path:
    """The folder on disk; only real folders lead to it."""
    base = files.root_path(root)
    if not path:
        return base
    try:
        place = files.inside(root, path)
    except (OutsideRoot, ValueError, UnicodeError):
        raise Invalid(
            _("This path does not lie inside the storage."), details={"field": "path"}
        ) from None
    steps = path.split("/")
    if any(step.startswith(".") for step in steps):
        raise NotFound
    try:
        is_real = not any(
            base.joinpath(*steps[: depth + 1]).is_symlink() for depth in range(len(steps))
        )
        if is_real and place.is_dir():
            return place
    except OSError:  # A name too long for the disk, a folder that refuses.
        pass
    raise NotFound


def _names(place: Path, path: str, closed: set[str]) -> list[str]:
    """Names of the folders in a folder that may be shown; none where the disk refuses."""
    try:
        with os.scandir(place) as found:
            names = [one.name for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(
        name
        for name in names
        if not name.startswith(".") and name.isprintable() and _joined(path, name) not in closed
    )


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
