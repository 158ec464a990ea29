"""A program of its own that kills copies of itself while they store, and reports what is left.

    python -m library.tests.storing_child crash|delete|restore|purge|derived|full|unwritable DATA

DATA is a folder with a prepared database. It prints one JSON document. Copies are forked, and die
by SIGKILL before their n-th system call that changes files, or their n-th SQL statement: for every
n there is.
"""

import json
import os
import signal
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path(sys.argv[2])

import django  # noqa: E402

django.setup()

from django.db import connection, connections  # noqa: E402

from library import services  # noqa: E402
from library.errors import DiskFull, StorageUnwritable  # noqa: E402
from library.models import Entry, EntryFile, FileRole, Library  # noqa: E402
from library.services import add_entry, add_files  # noqa: E402
from library.tests.factories import make_library  # noqa: E402
from library.tests.new_entries import media_files, new_entry, new_file, no_check  # noqa: E402
from videorama import preparing  # noqa: E402
from videorama.jobs.models import Job  # noqa: E402

ROOT = DATA / "media"
CHANGES = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "open"}


def start_anew() -> None:
    """What a start does with the files, when all jobs have ended."""
    services.finish_interrupted()
    for key in services.incoming_keys():
        services.discard_incoming(job_uuid=key)


def run_killed_at(step: int, work: Callable[[], Any]) -> bool:
    """Runs the work in a fork that kills itself at the step; True when it came to its end."""
    connections.close_all()
    child = os.fork()
    if child:
        _pid, status = os.waitpid(child, 0)
        assert status in {0, signal.SIGKILL}, status
        return status == 0
    counter = iter(range(1, 10_000))

    def count() -> None:
        if next(counter) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, _arguments: Any) -> None:
        if event in CHANGES:
            count()

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count()
        return execute(sql, params, many, context)

    try:
        connection.ensure_connection()
        with connection.execute_wrapper(statement):
            sys.addaudithook(hook)
            work()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(3)


def every_step(
    scene: Callable[[int], tuple[Callable[[], Any], Callable[[], list[str]]]], stride: int = 1
) -> Any:
    """Plays a scene once for each step; collects what its judgement says was wrong.

    A stride leaves steps out, for scenes whose parts die at every step elsewhere.
    """
    wrong: list[str] = []
    for step in range(1, 1000, stride):
        work, judge = scene(step)
        finished = run_killed_at(step, work)
        wrong += [f"step {step}: {reason}" for reason in judge()]
        if finished:
            return {"steps": step, "wrong": wrong}
    return {"steps": 1000, "wrong": [*wrong, "never came to an end"]}


def faults_of(
    stored: list[Entry], title: str, content: bytes, *, but: Entry | None = None, under: str = ""
) -> list[str]:
    """What does not agree between the rows of these entries and the disk.

    `but` has other bytes; `under` narrows what is looked at on disk.
    """
    wrong = []
    found = [
        path
        for path in media_files(ROOT)
        if title in path and under in path and not path.endswith(("moves.json", "purged"))
    ]
    rows = EntryFile.objects.filter(entry__in=stored)
    if sorted(found) != sorted(file.path for file in rows if title in file.path):
        wrong.append(f"on disk {found}, in rows {[file.path for file in rows]}")
    for file in rows:
        place = ROOT / file.path
        if not place.is_file() or place.stat().st_nlink != 1:
            wrong.append(f"{file.path} is missing or has a second name")
        elif file.role == FileRole.ORIGINAL and file.entry != but and place.read_bytes() != content:
            wrong.append("other bytes")
    if list((ROOT / ".videorama/incoming").iterdir()):
        wrong.append("an incoming folder is left")
    return wrong


def crash_scene(library: Library, *, gives_up: bool) -> Any:
    """Stores an entry; after the kill the job runs again, or is given up and swept."""

    def scene(step: int) -> Any:
        job = Job.objects.create(kind="import", title="x")
        title = f"Film {step} {gives_up}"
        content = f"{title} content".encode()
        new = new_entry(library, title=title, content=content, job=job.uuid, import_job_id=job.pk)

        def judge() -> list[str]:
            if not gives_up:
                add_entry(new=new, check=no_check)
            start_anew()
            stored = list(Entry.objects.filter(title=title))
            wrong = [] if len(stored) == 1 or (gives_up and not stored) else ["no entry, or many"]
            return wrong + faults_of(stored, title, content)

        return lambda: add_entry(new=new, check=no_check), judge

    return scene


def delete_scene(library: Library) -> Any:
    """Moves an entry into the trash."""

    def scene(step: int) -> Any:
        title = f"Doomed {step}"
        entry = add_entry(
            new=new_entry(library, title=title, content=title.encode()), check=no_check
        )

        def work() -> None:
            services.delete_entry(user=library.owner, entry=entry, with_files=True)

        def judge() -> list[str]:
            start_anew()
            now = Entry.objects.get(pk=entry.pk)
            rows = [file.path for file in now.files.all()]
            found = [path for path in media_files(ROOT) if title in path]
            wrong = [f"{path} is missing" for path in rows if not (ROOT / path).is_file()]
            if now.deleted_at and (found or not all("/trash/" in path for path in rows)):
                wrong.append(f"deleted, and still there: {found} {rows}")
            if not now.deleted_at and any("/trash/" in path for path in rows):
                wrong.append(f"not deleted, and in the trash: {rows}")
            if not now.deleted_at and (ROOT / f".videorama/trash/{entry.uuid}").exists():
                wrong.append("an empty trash folder is left")
            return wrong

        return work, judge

    return scene


def _trashed(library: Library, title: str) -> Entry:
    entry = add_entry(new=new_entry(library, title=title, content=title.encode()), check=no_check)
    services.delete_entry(user=library.owner, entry=entry, with_files=True)
    return Entry.objects.select_related("library").get(pk=entry.pk)


def restore_scene(library: Library) -> Any:
    """Takes an entry out of the trash, where another one has taken its name meanwhile."""

    def scene(step: int) -> Any:
        title = f"Wanted {step}"
        entry = _trashed(library, title)
        other = add_entry(
            new=new_entry(library, title=title, content=b"o%d" % step), check=no_check
        )

        def work() -> None:
            services.restore_entry(user=library.owner, entry=entry)

        def judge() -> list[str]:
            start_anew()
            now = Entry.objects.get(pk=entry.pk)
            wrong = faults_of([other, now], title, title.encode(), but=other)
            folder = ROOT / f".videorama/trash/{entry.uuid}"
            if folder.exists() != bool(now.deleted_at):
                wrong.append(f"deleted {now.deleted_at}, trash folder {folder.exists()}")
            if now.deleted_at:
                services.restore_entry(user=library.owner, entry=now)
                wrong += faults_of([other, now], title, title.encode(), but=other)
            return wrong

        return work, judge

    return scene


def purge_scene(library: Library) -> Any:
    """Forgets an entry in the trash for good."""

    def scene(step: int) -> Any:
        title = f"Forgotten {step}"
        entry = _trashed(library, title)

        def work() -> None:
            services.purge_entry(user=library.owner, entry=entry)

        def judge() -> list[str]:
            start_anew()
            now = Entry.objects.filter(pk=entry.pk).first()
            folder = ROOT / f".videorama/trash/{entry.uuid}"
            if now is None:
                return ["its files are left"] if folder.exists() else []
            wrong = faults_of([now], "/trash/", title.encode(), but=None, under=str(entry.uuid))
            if (folder / "purged").exists():
                wrong.append("still marked as purged")
            services.purge_entry(user=library.owner, entry=now)
            return [*wrong, "its files are left"] if folder.exists() else wrong

        return work, judge

    return scene


def derived_scene(library: Library) -> Any:
    """Replaces a poster."""
    entry = add_entry(new=new_entry(library, title="Posters"), check=no_check)

    def scene(step: int) -> Any:
        job = uuid.uuid4()
        content = f"poster {step}".encode()

        def work() -> None:
            services.discard_incoming(job_uuid=job)
            folder = services.incoming_folder(job_uuid=job, library=library)
            add_files(entry=entry, new=[new_file(folder, "p.jpg", content, FileRole.POSTER)])
            services.discard_incoming(job_uuid=job)

        def judge() -> list[str]:
            work()
            row = entry.files.get(role=FileRole.POSTER)
            found = [path for path in media_files(ROOT) if path.endswith(".jpg")]
            wrong = [] if found == [row.path] else [f"on disk {found}, in rows {row.path}"]
            if (ROOT / row.path).read_bytes() != content:
                wrong.append("other bytes")
            return wrong

        return work, judge

    return scene


def full(library: Library) -> dict[str, Any]:
    """Stores on a disk of 64 kB that is filled up first."""
    new = new_entry(library, content=b"m" * 8192)
    blocks = os.open(ROOT / "ballast", os.O_CREAT | os.O_WRONLY)
    try:
        while os.write(blocks, b"x" * 512):
            pass
    except OSError:
        os.close(blocks)
    before = media_files(ROOT)
    try:
        add_entry(new=new, check=no_check)
    except DiskFull as error:
        return {"message": error.message, "left_over": media_files(ROOT) != before}
    return {"message": "", "left_over": True}


def unwritable(library: Library) -> dict[str, Any]:
    """Stores as a user who may write the job's folder but not the library's."""
    new = new_entry(library)
    before = media_files(ROOT)
    connections.close_all()
    for path in [DATA, *DATA.rglob("*")]:
        path.chmod(0o777)
    (ROOT / library.folder).chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        add_entry(new=new, check=no_check)
    except StorageUnwritable as error:
        return {"message": error.message, "left_over": media_files(ROOT) != before}
    return {"message": "", "left_over": True}


def main(what: str) -> Any:
    preparing.without_pool()  # its threads would not live on in a fork
    library = make_library(slug="films", path_template="{uploader}/{title}.{ext}")
    if what == "crash":
        again = every_step(crash_scene(library, gives_up=False))
        return {"again": again, "given up": every_step(crash_scene(library, gives_up=True))}
    if what == "delete":
        return every_step(delete_scene(library))
    if what == "restore":
        return every_step(restore_scene(library))
    if what == "purge":
        return every_step(purge_scene(library))
    if what == "derived":
        return every_step(derived_scene(library))
    return full(library) if what == "full" else unwritable(library)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))  # noqa: T201
