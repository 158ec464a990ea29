"""Asking for imports as a person would, and looking at what came of it."""

from pathlib import Path
from typing import Any

from imports import services
from imports.models import InboxItem
from library.models import Entry, EntryFile
from library.tests.factories import make_user
from videorama.accounts.models import User
from videorama.jobs.models import ENDED, OPEN, Job
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.waiting import eventually


def log_of(job: Job) -> list[str]:
    """The log of a job as people read it."""
    return list(job.lines.values_list("message", flat=True))


class Importer:
    """Asks for imports as an editor and waits for them; sees rows and files."""

    def __init__(self, site: MediaSite, media_root: Path) -> None:
        self.site = site
        self.media_root = media_root
        self.user: User = make_user(role="editor")

    def ask(self, path: str, **options: Any) -> Job:
        """The job that imports a path of the site."""
        return services.request_import(user=self.user, url=self.site.url(path), **options)

    def ended(self, job: Job, within: float = 60) -> Job:
        """The job once it has ended."""

        def look() -> bool:
            job.refresh_from_db()
            return job.status in ENDED

        eventually(look, within=within, what=f"{job} ended")
        return job

    def run(self, path: str, **options: Any) -> Job:
        """Asks and waits."""
        return self.ended(self.ask(path, **options))

    def entry(self, path: str, **options: Any) -> Entry:
        """The entry of an import that has to work."""
        job = self.run(path, **options)
        assert job.status == "completed", (job.error_code, job.error_message, job.error_detail)
        return Entry.objects.get(uuid=job.result["entry_id"])

    def files(self) -> set[str]:
        """Every file under the media root, hidden ones too."""
        root = self.media_root
        return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}

    def assert_only_known_files(self) -> None:
        """What lies on disk is what rows say, and there is no folder of a job."""
        eventually(lambda: not Job.objects.filter(status__in=OPEN).exists(), within=60)
        assert self.files() == set(EntryFile.objects.values_list("path", flat=True))
        assert not list(self.media_root.glob(".videorama/incoming/*"))

    def assert_nothing_left(self) -> None:
        """Neither file nor row but the job's."""
        assert self.files() == set()
        assert not list(self.media_root.glob(".videorama/*/*"))
        assert not Entry.objects.exists()
        assert not InboxItem.objects.exists()
