"""Kills copies of itself while they move entries, and reports what is left.

    python -m library.tests.moving_child near|far|organize|trash DATA SECOND

DATA has a prepared database, SECOND is an empty folder, on another file system where there is one.
It prints one JSON document. The copies die as in storing_child, whose machinery this is.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

SECOND = Path(sys.argv[3])
os.environ["VIDEORAMA_ROOTS"] = f"media={Path(sys.argv[2]) / 'media'},second={SECOND}"

# First: it sets Django up.
from library.tests.storing_child import ROOT, every_step, start_anew  # noqa: E402, I001

from library import files, move_jobs, queries, services  # noqa: E402
from library.models import Entry, EntryFile, FileRole, Library  # noqa: E402
from library.tests.factories import make_library  # noqa: E402
from library.tests.new_entries import media_files, new_entry, no_check  # noqa: E402
from videorama import preparing  # noqa: E402
from videorama.jobs import services as jobs  # noqa: E402
from videorama.ledger.models import LedgerEvent  # noqa: E402

ROOTS = {"media": ROOT, "second": SECOND}
# More than one block, so that a copy is killed in its middle too.
CONTENT = bytes(range(256)) * 5_000

type Judge = Callable[[], list[str]]


def stored(library: Library, title: str, *, alone: bool = False) -> Entry:
    """An entry with subtitles beside it and source information of its own, unless alone."""
    new = new_entry(library, title=title, content=title.encode() + CONTENT)
    if alone:
        new = replace(new, files=(new.original,))
    return services.add_entry(new=new, check=no_check)


def faults(entries: list[Entry], content: dict[int, bytes]) -> list[str]:
    """What does not agree between these entries' rows and the disks; and what else is left."""
    wrong = []
    found = {f"{name}:{path}" for name, root in ROOTS.items() for path in media_files(root)}
    claimed = {f"{row.root}:{row.path}" for row in EntryFile.objects.all()}
    if found != claimed:
        wrong.append(f"only on disk {found - claimed}, only in rows {claimed - found}")
    for entry in Entry.objects.filter(pk__in=[entry.pk for entry in entries]):
        rows = list(entry.files.all())
        if {row.library_id for row in rows} != {entry.library_id}:
            wrong.append(f"{entry} is in several libraries")
        if len({row.root for row in rows}) != 1:
            wrong.append(f"{entry} is on several roots")
        original = next(row for row in rows if row.role == FileRole.ORIGINAL)
        place = ROOTS[original.root] / original.path
        if place.is_file() and place.read_bytes() != content[entry.pk]:
            wrong.append(f"{entry} has other bytes")
        if place.is_file() and place.stat().st_nlink != 1:
            wrong.append(f"{entry} has a second name")
    shelves = [ROOTS[one.root] / one.folder for one in Library.objects.all()]
    for root in ROOTS.values():
        for folder in root.rglob("*"):
            is_kept = ".videorama" in {folder.name, folder.parent.name} or folder in shelves
            if folder.is_dir() and not is_kept and not list(folder.iterdir()):
                wrong.append(f"{folder} is empty")
    return wrong


def forget(entries: list[Entry]) -> None:
    """Makes room for the next step, and keeps each step as quick as the first."""
    for row in EntryFile.objects.filter(entry__in=entries):
        files.remove_file(row.root, row.path)
    Entry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()


def facts_of(entry: Entry) -> int:
    """How often the ledger says that it was moved."""
    about = LedgerEvent.objects.filter(
        event="entry.moved", subjects__kind="entry", subjects__subject_id=str(entry.uuid)
    )
    return about.count()


def move_scene(source: Library, target: Library, *, again: bool) -> Any:
    """One entry; after the kill the start puts in order, or the next mover does."""

    def scene(step: int) -> tuple[Callable[[], Any], Judge]:
        entry = stored(source, f"Film {step} {again} {target.slug}")
        content = {entry.pk: entry.title.encode() + CONTENT}

        def work() -> None:
            services.move_one(
                entry_id=entry.pk,
                library=target,
                user=source.owner,
                copied=lambda count: sys.audit("open"),
            )

        def judge() -> list[str]:
            if again:
                work()
            start_anew()
            now = Entry.objects.get(pk=entry.pk)
            wrong = faults([entry], content)
            if again and now.library != target:
                wrong.append("not moved")
            if facts_of(entry) != (now.library_id == target.pk):
                wrong.append("the ledger says something else")
            forget([entry])
            return wrong

        return work, judge

    return scene


def trash_scene(source: Library, target: Library) -> Any:
    """A move is killed, and then the entry is deleted without a start in between."""

    def scene(step: int) -> tuple[Callable[[], Any], Judge]:
        entry = stored(source, f"Doomed {step}")
        content = {entry.pk: entry.title.encode() + CONTENT}

        def judge() -> list[str]:
            services.delete_entry(
                user=source.owner, entry=Entry.objects.get(pk=entry.pk), with_files=True
            )
            start_anew()
            rows = EntryFile.objects.filter(entry=entry)
            wrong = [f"{row.path} is missing" for row in rows if not (ROOT / row.path).is_file()]
            services.restore_entry(user=source.owner, entry=Entry.objects.get(pk=entry.pk))
            wrong += faults([entry], content)
            forget([entry])
            return wrong

        return lambda: services.move_one(entry_id=entry.pk, library=target), judge

    return scene


def organize_scene(owner: Any) -> Any:
    """A job over a library whose template changed; after the kill a new start runs it again."""

    def scene(step: int) -> tuple[Callable[[], Any], Judge]:
        library = make_library(
            slug=f"all-{step}", owner=owner, path_template="{uploader}/{title}.{ext}"
        )
        entries = [stored(library, f"Part {number}", alone=True) for number in range(2)]
        content = {entry.pk: entry.title.encode() + CONTENT for entry in entries}
        services.edit_library(user=owner, library=library, path_template="new/{title}.{ext}")
        planned = {move.entry.pk: move.new for move in queries.planned_moves(library)}
        job = services.reorganize(user=owner, library=library)

        def judge() -> list[str]:
            jobs.recover()
            start_anew()
            wrong = faults(entries, content)
            jobs.run(job.pk, move_jobs.move)
            job.refresh_from_db()
            if job.status != "completed":
                wrong.append(f"the job is {job.status}: {job.error_detail}")
            originals = EntryFile.objects.filter(entry__in=entries, role=FileRole.ORIGINAL)
            if dict(originals.values_list("entry", "path")) != planned:
                wrong.append("other places than were planned")
            if [facts_of(entry) for entry in entries] != [1, 1]:
                wrong.append("the ledger says something else")
            if list(queries.planned_moves(library)):
                wrong.append("there is still something to move")
            wrong += faults(entries, content)
            forget(entries)
            return wrong

        return lambda: jobs.run(job.pk, move_jobs.move), judge

    return scene


def main(what: str) -> Any:
    preparing.without_pool()
    source = make_library(slug="films", path_template="{uploader}/{title}.{ext}")
    where = {"root": "second"} if what == "far" else {}
    target = make_library(slug="other", owner=source.owner, path_template="{title}.{ext}", **where)
    if what == "organize":
        return every_step(organize_scene(source.owner), stride=6)
    if what == "trash":
        return every_step(trash_scene(source, target), stride=5)
    return every_step(move_scene(source, target, again=what == "near"))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))  # noqa: T201
