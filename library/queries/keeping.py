"""Which files a backup's list of media names."""

import os
from collections.abc import Iterator

from library import files
from library.models import EntryFile
from videorama.backup.media import Known

# What lies in them belongs to work under way, which goes on without them: a download begins anew,
# an upload is asked for again from what is there.
PASSING_FOLDERS = tuple(f"{files.OWN}/{kind}" for kind in ("incoming", "uploads", "moving"))
# These hold what exists nowhere else: items of the inbox, and where deleted files came from.
_KEPT = ("held", "trash")


def kept_files(using: str) -> Iterator[Known]:
    """Every file of an entry, then what Videorama keeps beside them in the roots."""
    rows = EntryFile.objects.using(using).order_by("root", "path")
    columns = ("root", "path", "size_bytes", "sha256")
    for row in rows.values_list(*columns).iterator(chunk_size=2_000):
        yield Known(*row)
    told = set(rows.filter(path__startswith=f"{files.OWN}/trash/").values_list("root", "path"))
    for root in files.root_names():
        for path in _own_files(root):
            if (root, path) not in told:
                yield Known(root, path)


def _own_files(root: str) -> Iterator[str]:
    base = files.root_path(root)
    for kind in _KEPT:
        for folder, _folders, names in os.walk(base / files.OWN / kind):
            for name in sorted(names):
                yield os.path.relpath(os.path.join(folder, name), base)  # noqa: PTH118
