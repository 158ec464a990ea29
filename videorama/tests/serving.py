"""`manage.py` with one more kind of job, whose child runs until a file named `go` appears.

As a program of its own, so that tests can start, stop and kill the real server while it works.
`python -m videorama.tests.serving enqueue` writes a job row from another process and prints its id.
"""

import sys
from contextlib import suppress
from pathlib import Path

import django
from celery import shared_task
from django.conf import settings
from django.core.management import execute_from_command_line

_CHILD = "import time\nwhile True: print('busy', flush=True); time.sleep(0.1)"


def work(run):
    """Waits beside a child; the folder `done` gets a file per finished job, named by its claim."""
    from videorama.adapters.child import leashed, run_child
    from videorama.jobs.services import JobResult

    data = Path(settings.DATA)
    part = run.stage("wait")
    lines = []

    class Finished(Exception):
        """Not an error: the child has done enough."""

    def on_line(line):
        lines.append(line)
        part(min(0.9, len(lines) / 100))
        if (data / "go").exists():
            raise Finished

    with suppress(Finished):
        run_child(
            leashed([sys.executable, "-c", _CHILD, str(data)]),
            on_line=on_line,
            check=run.check,
            stall_timeout_s=60,
        )
    (data / "done").mkdir(exist_ok=True)
    (data / "done" / f"{run.uuid}-{run.claim}").touch()
    return JobResult()


@shared_task(name="tests.serving")
def serving(job_id):
    """Runs the work."""
    from videorama.jobs import services

    services.run(job_id, work)


def main():
    """Registers the kind, then does what manage.py does."""
    django.setup()
    from videorama.jobs import kinds, services
    from videorama.jobs.models import Queue

    kinds.register(
        kinds.Kind(
            "serving", "Serving", "tests.serving", Queue.HEAVY, (kinds.Stage("wait", "W", 0, 100),)
        )
    )
    if sys.argv[1] == "enqueue":
        job = services.enqueue(kind="serving", owner=None, title="From elsewhere", params={})
        print(job.uuid)  # noqa: T201
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
