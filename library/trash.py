"""Moves the files of a deleted entry into the trash of their root, and finishes after a kill.

`.videorama/trash/<entry>/moves.json` says where each file came from; it is written first, the rows
follow, then the files move. The same list says where an entry goes back to. A file named
`purged` beside it says that the entry is being forgotten.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from library import files
from library.placing import MANIFEST

MOVES = "moves.json"
PURGED = "purged"

type Claimed = Callable[[str, str], bool]


def home(entry_uuid: UUID) -> str:
    """Where stored paths of its files in the trash begin."""
    return f"{files.OWN}/trash/{entry_uuid}/"


def plan(root: str, entry_uuid: UUID, paths: Mapping[str, str]) -> dict[str, str]:
    """Writes down the moves of the files at `paths` (by file id) and gives their new paths."""
    folder = files.own_folder(root, "trash", entry_uuid)
    new_home = home(entry_uuid)
    fresh = {
        path: f"{new_home}{key}{_ending(path)}"
        for key, path in paths.items()
        if not path.startswith(new_home)
    }
    # A parallel deletion may be further than we are: what is in the trash stays as it was planned.
    # A file that was moved since an earlier plan has one origin, the new one.
    kept = {old: new for old, new in _moves(folder).items() if new not in fresh.values()}
    moves = kept | fresh
    files.make_folders(folder)
    # A name of its own: two people may delete the same entry at the same moment.
    draft = folder / f"{MOVES}.{uuid4().hex}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(moves, file)
        file.flush()
    files.sync(draft)
    draft.replace(folder / MOVES)
    files.sync(folder)
    return {key: moves.get(path, path) for key, path in paths.items()}


def move(root: str, entry_uuid: UUID, claimed: Claimed) -> None:
    """Carries out the planned moves that are still open; one that is done already is fine.

    A name that a row claims belongs to another entry by now.
    """
    base = files.root_path(root)
    for old, new in _moves(files.own_folder(root, "trash", entry_uuid)).items():
        source, target = files.inside(root, old), files.inside(root, new)
        if not target.exists() and not claimed(root, old):
            with suppress(FileNotFoundError):
                source.rename(target)
        files.prune(source.parent, base)


def finish(
    root: str, folders: Iterable[Path], is_deleted: Callable[[str], bool], claimed: Claimed
) -> int:
    """After a kill: moves what was planned for deleted entries, drops plans nobody committed."""
    count = 0
    for folder in folders:
        moves = _moves(folder)
        if not is_deleted(folder.name):
            if not any(files.inside(root, new).exists() for new in moves.values()):
                files.remove_tree(folder)
                count += 1
        elif any(files.inside(root, old).exists() for old in moves):
            move(root, UUID(folder.name), claimed)
            count += 1
    return count


def origin(folder: Path, path: str) -> str:
    """Where the file at this stored path in the trash came from; empty when that is not known."""
    return next((old for old, new in _moves(folder).items() if new == path), "")


def is_restoring(folder: Path) -> bool:
    """Files of this folder of the trash are on their way back."""
    return (folder / MANIFEST).exists()


def mark_purged(root: str, entry_uuid: UUID) -> None:
    """Says, before the rows go, that the files of this entry are to go too."""
    folder = files.own_folder(root, "trash", entry_uuid)
    if folder.is_dir():
        (folder / PURGED).touch()
        files.sync(folder)


def drop_purged(root: str, is_known: Callable[[str], bool]) -> int:
    """Removes marked folders whose rows are gone; where the rows stayed, only the mark goes."""
    count = 0
    for folder in files.own_folders(root, "trash"):
        if not (folder / PURGED).exists():
            continue
        if is_known(folder.name):
            (folder / PURGED).unlink(missing_ok=True)
        else:
            files.remove_tree(folder)
            count += 1
    return count


def _moves(folder: Path) -> dict[str, str]:
    with suppress(FileNotFoundError, ValueError):
        found = json.loads((folder / MOVES).read_text(encoding="utf-8"))
        return {str(old): str(new) for old, new in found.items()}
    return {}


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return Path(name).suffix[:20]
