"""Decides items of the inbox in children that are killed the moment before a step.

    python -m imports.tests.deciding_child POINTS        (the data folder is VIDEORAMA_DATA)

POINTS is JSON: pairs of a decision and a point as in kill_at. The data folder has a prepared
database. For each pair it begins anew, a child decides and dies, a second one does what the next
start does. Prints what is there then, as JSON. One process with forks, since starting Django for
each would take minutes.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from imports.tests.kill_at import before_file_event, before_statement


def main() -> None:
    """Goes through the points."""
    django.setup()
    from django.conf import settings

    from videorama import preparing

    preparing.without_pool()  # its threads would not live on in a fork
    data = Path(settings.DATA)
    assert in_child(make) == 0
    fresh = data.with_name("fresh")
    copy(data, fresh)
    found = []
    for what, point in json.loads(sys.argv[1]):
        copy(fresh, data)
        died = in_child(lambda what=what, point=point: decide(what, point))
        went_on = in_child(go_on)
        found.append({"died": died == signal.SIGKILL, "went_on": went_on == 0, **there(data)})
    sys.stdout.write(json.dumps(found))


def copy(source: Path, target: Path) -> None:
    """Makes the target equal: the folder, and on PostgreSQL the database of the same name."""
    from django.db import connection

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    own = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "postgresql":
        names = {True: own, False: f"{own}_fresh"}
        to, like = names[target.name == "data"], names[source.name == "data"]
        with connection._nodb_cursor() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{to}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{to}" TEMPLATE "{like}"')


def in_child(work: Callable[[], Any]) -> int:
    """Runs the work in a fork; gives the signal it died by, 0 when it ended well, else -1."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    return 0 if os.WEXITSTATUS(status) == 0 else -1


def make() -> None:
    """A library, an entry in it, an item and a duplicate that wait."""
    from imports.tests.items import make_item
    from library.services import create_library
    from library.tests.factories import make_entry, make_user
    from videorama.tests.fakes.media_files import media_file

    user = make_user(role="admin")
    shelf = create_library(user=user, slug="talks", name="Talks")
    entry = make_entry(library=shelf, title="The old one")
    picture = media_file("poster.jpg")
    make_item(owner=user, ranked=[(shelf, 0.6)], picture=picture, channel_id="UC1")
    make_item(owner=user, library=shelf, kind="duplicate", existing=entry, content=b"held " * 100)


def decide(what: str, point: str) -> None:
    """Arms the trap, then decides and works the job."""
    from imports import services
    from imports.models import InboxItem
    from videorama.accounts.models import User

    kind, name, detail = point.split("|")
    (before_statement if kind == "sql" else before_file_event)(name, detail)
    user = User.objects.get()
    item = InboxItem.objects.exclude(kind="duplicate").get()
    if what == "approve":
        services.approve(user=user, item=item)
    elif what == "reject":
        services.reject(user=user, item=item, at_once=True)
    else:
        services.replace(user=user, item=InboxItem.objects.get(kind="duplicate"))
    work_open()


def go_on() -> None:
    """The next start."""
    from imports import services
    from videorama.jobs import endings

    endings.recover()
    services.sweep()
    work_open()


def work_open() -> None:
    """Works the filings that are open."""
    from imports import filing_job
    from videorama.jobs import services as jobs
    from videorama.jobs.models import OPEN, Job

    for job in Job.objects.filter(kind="file", status__in=OPEN):
        jobs.run(job.pk, filing_job.file_item)
        job.refresh_from_db()
        assert job.status == "completed", job.error_detail


def there(data: Path) -> dict[str, Any]:
    """Rows and files, as they are on disk."""
    from django.db import connection

    root = data / "media"
    with connection.cursor() as cursor:

        def rows(query: str) -> list[Any]:
            cursor.execute(query)
            return [row[0] for row in cursor.fetchall()]

        original = rows(
            "select path from library_entryfile join library_entry e on e.id = entry_id"
            " where role = 'original' and e.title = 'The old one'"
        )
        return {
            "items": sorted(rows("select kind || ' ' || decision from imports_inboxitem")),
            "new": rows("select count(*) from library_entry where title != 'The old one'")[0],
            "filings": rows("select count(*) from imports_filing")[0],
            "counted": rows("select coalesce(max(yes), 0) from imports_rule")[0],
            "stored": sorted(rows("select path from library_entryfile")),
            "files": sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()),
            "original": (root / original[0]).read_bytes()[:5].decode() if original else "",
        }


if __name__ == "__main__":
    main()
