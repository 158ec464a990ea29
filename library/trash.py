"""Moves the files of a deleted entry into the trash of their root, and finishes after a kill.

`.videorama/trash/<entry>/moves.json` says where each file came from; it is written first, the rows
follow, then the files move. The same list is what puts an entry back.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from library import files

MOVES = "moves.json"


def plan(root: str, entry_uuid: UUID, paths: Mapping[str, str]) -> dict[str, str]:
    """Writes down the moves of the files at `paths` (by file id) and gives their new paths."""
    folder = files.own_folder(root, "trash", entry_uuid)
    new_home = f"{files.OWN}/trash/{entry_uuid}/"
    # A parallel deletion may be further than we are: what is in the trash stays as it was planned.
    moves = _moves(folder) | {
        path: f"{new_home}{key}{_ending(path)}"
        for key, path in paths.items()
        if not path.startswith(new_home)
    }
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


def move(root: str, entry_uuid: UUID) -> None:
    """Carries out the planned moves that are still open; one that is done already is fine."""
    base = files.root_path(root)
    for old, new in _moves(files.own_folder(root, "trash", entry_uuid)).items():
        source, target = files.inside(root, old), files.inside(root, new)
        if not target.exists():
            with suppress(FileNotFoundError):
                source.rename(target)
        files.prune(source.parent, base)


def finish(root: str, is_deleted: Callable[[str], bool]) -> int:
    """After a kill: moves what was planned for deleted entries, drops plans nobody committed."""
    count = 0
    for folder in files.own_folders(root, "trash"):
        moves = _moves(folder)
        if not is_deleted(folder.name):
            if not any(files.inside(root, new).exists() for new in moves.values()):
                files.remove_tree(folder)
                count += 1
        elif any(files.inside(root, old).exists() for old in moves):
            move(root, UUID(folder.name))
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
