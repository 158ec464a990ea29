"""Moves one file of the storage into the library, in a process that may be killed on the way.

    python -m imports.tests.move_child POINT

POINT as in kill_at, or `none`. A job that an earlier process left open is gone on with.
"""

import sys

import django

django.setup()

from imports import services  # noqa: E402  # After the setup.
from imports.tests.kill_at import before_file_event, before_statement  # noqa: E402
from imports.work import FileOrder  # noqa: E402
from library.services import ensure_default_library  # noqa: E402
from videorama.accounts.models import User  # noqa: E402
from videorama.jobs import lock  # noqa: E402
from videorama.jobs import services as jobs  # noqa: E402
from videorama.jobs.models import Job  # noqa: E402


def main() -> None:
    """Arms the trap, then imports."""
    kind, _bar, rest = sys.argv[1].partition("|")
    if kind != "none":
        name, _bar, detail = rest.partition("|")
        (before_statement if kind == "sql" else before_file_event)(name, detail)
    user = User.objects.get()
    with lock.hold():
        jobs.recover()
        services.sweep()
        job = Job.objects.filter(kind="import").first() or services.request_file_import(
            user=user,
            file=FileOrder("clip.mp4", root="media", path="old disk/clip.mp4", mode="move"),
            library=ensure_default_library(user=user),
        )
        jobs.work_here(job=job, on_change=lambda _job: None)


if __name__ == "__main__":
    main()
