"""An import killed at any step is finished by the next run: once, whole, without a trace."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from videorama.tests import databases
from videorama.tests.fakes.media_files import media_file
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.surroundings import REPOSITORY

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

JOB = 'UPDATE "jobs_job"'
POINTS = [
    f"sql|{JOB}|probe",
    "file|os.rename|source.json",
    f"sql|{JOB}|download",
    "file|os.rename|downloaded.json",
    "file|os.rename|fingerprint.json",
    "file|os.rename|facts.json",
    f"sql|{JOB}|decide",
    "file|os.rename|.placing.json",
    "file|os.link|silent",
    'sql|INSERT INTO "library_entry"|',
    'sql|INSERT INTO "library_entryfile"|original',
    "file|os.remove|source.mp4",
    "file|os.remove|.placing.json",
    f"sql|{JOB}|poster",
    "file|os.rename|poster.jpg",
    'sql|INSERT INTO "library_entryfile"|poster',
    "file|shutil.rmtree|incoming",
    f"sql|{JOB}|completed",
]


@pytest.fixture(scope="module")
def site() -> Iterator[MediaSite]:
    with MediaSite() as site:
        yield site


class Place:
    """A data folder of its own, and commands on it."""

    def __init__(self, data: Path, site: MediaSite) -> None:
        self.data = data
        self.environment = {
            **databases.environment_of(data, databases.WITH_ADMIN),
            "VIDEORAMA_ALLOW_PRIVATE": site.allow,
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return databases.of(self.data).rows(query)

    def files(self) -> set[str]:
        root = self.data / "media"
        return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def place(site: MediaSite, tmp_path: Path) -> Place:
    return Place(tmp_path / "data", site)


@pytest.mark.parametrize("point", POINTS)
def test_the_next_run_finishes_what_a_kill_cut_off(
    place: Place, site: MediaSite, point: str
) -> None:
    url = site.url("/silent.mp4")
    killed = place.run("-m", "imports.tests.kill_at", point, "import", url, "--wait")
    assert killed.returncode == -signal.SIGKILL, f"never came by {point}: {killed.stderr}"

    again = place.run("manage.py", "import", url, "--wait")
    assert again.returncode == 0, again.stderr
    assert [
        status for (status,) in place.rows("select status from jobs_job where kind = 'import'")
    ] == ["completed"]
    assert place.rows("select count(*) from library_entry") == [(1,)]
    stored = {str(path) for (path,) in place.rows("select path from library_entryfile")}
    assert place.files() == stored
    assert not list((place.data / "media").glob(".videorama/incoming/*"))
    ((original,),) = place.rows("select path from library_entryfile where role = 'original'")
    delivered = media_file("silent.mp4").read_bytes()
    assert (place.data / "media" / str(original)).read_bytes() == delivered
    roles = [role for (role,) in place.rows("select role from library_entryfile order by role")]
    assert roles == ["info", "original", "poster"]


def test_a_file_that_moves_in_goes_from_its_old_place_only_after_it_is_stored(
    place: Place,
) -> None:
    source = place.data / "media" / "old disk" / "clip.mp4"
    source.parent.mkdir(parents=True)
    delivered = media_file("silent.mp4").read_bytes()
    source.write_bytes(delivered)
    killed = place.run("-m", "imports.tests.move_child", "file|os.remove|old disk")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert place.rows("select count(*) from library_entry") == [(1,)]
    assert source.is_file()
    again = place.run("-m", "imports.tests.move_child", "none")
    assert again.returncode == 0, again.stderr
    assert not source.exists()
    ((original,),) = place.rows("select path from library_entryfile where role = 'original'")
    assert (place.data / "media" / str(original)).read_bytes() == delivered
    assert place.files() == {
        str(path) for (path,) in place.rows("select path from library_entryfile")
    }
