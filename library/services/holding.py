"""Files that wait for a person's decision, under `.videorama/held/` of their root."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from library import files, placing
from library.errors import FileMissing, OutsideRoot
from library.services.storing import claimed


def held_path(held: str, name: str) -> str:
    """The stored path of a held file; OutsideRoot for a name that leads elsewhere."""
    if not held.startswith(f"{files.OWN}/held/"):
        raise OutsideRoot(technical=f"not a held folder: {held!r}")
    return f"{held}/{name}"


def held_file(*, root: str, held: str, name: str) -> Path:
    """Where a held file lies; FileMissing when it is gone."""
    path = held_path(held, name)
    if not files.is_there(root, path):
        raise FileMissing(technical=f"{root}:{path}")
    return files.inside(root, path)


def held_address(*, root: str, held: str, name: str) -> str:
    """What `X-Accel-Redirect` has to say to send a held file; FileMissing when it is gone."""
    held_file(root=root, held=held, name=name)
    # The prefix that library.streaming and nginx serve.
    return f"/_media/{root}/{quote(held_path(held, name))}"


def discard_held(*, root: str, key: UUID | str) -> None:
    """Removes a held folder, and names its files had taken without an entry; gone is fine."""
    if root in files.root_names():
        placing.discard(files.own_folder(root, "held", key), claimed)


def held_keys() -> Iterator[str]:
    """The keys of all held folders there are."""
    for root in files.root_names():
        yield from _keys(root)


def sweep_held(needed: Callable[[], Collection[str]]) -> int:
    """Removes held folders that are not needed, on every root; says how many.

    The keys that are needed are asked for once the folders are known: a folder comes after its row.
    """
    there = [(root, key) for root in files.root_names() for key in _keys(root)]
    keep = needed() if there else ()
    unneeded = [(root, key) for root, key in there if key not in keep]
    for root, key in unneeded:
        discard_held(root=root, key=key)
    return len(unneeded)


def _keys(root: str) -> list[str]:
    return [folder.name for folder in files.own_folders(root, "held")]
