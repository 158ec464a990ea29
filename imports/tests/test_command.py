"""`manage.py import` on a terminal and in scripts."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imports import services
from library.models import Entry
from library.tests.factories import make_entry, make_library, make_user
from videorama.jobs import lock
from videorama.jobs.models import Job
from videorama.tests.fakes.media_site import MediaSite

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(media_site: MediaSite, settings: Any, tmp_path: Path) -> MediaSite:
    """The site, allowed, and a data folder whose lock nobody else holds."""
    settings.ALLOW_PRIVATE = (media_site.allow,)
    settings.JOB_BACKOFF_S = 0.05
    settings.DATA = tmp_path
    return media_site


def command(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = StringIO(), StringIO()
    try:
        call_command("import", *words, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_without_wait_it_writes_the_row_and_says_when_it_will_start(site: MediaSite) -> None:
    admin = make_user(role="admin")
    code, out, _err = command(site.url("/silent.mp4"))
    job = Job.objects.get()
    assert (code, job.status, job.owner, job.params["source"]) == (0, "pending", admin, "command")
    assert f"Queued: {site.url('/silent.mp4')}" in out
    assert "--wait" in out


def test_with_wait_and_nothing_running_it_works_the_imports_itself(site: MediaSite) -> None:
    user = make_user(role="editor")
    library = make_library()
    links = [site.url("/silent.mp4"), site.url("/song.mp3")]
    words = ["--wait", "--library", library.slug, "--user", user.username]
    code, out, err = command(*links, *words)
    assert (code, err) == (0, "")
    assert "silent: In your library." in out
    assert {entry.title for entry in Entry.objects.filter(library=library)} == {
        "silent",
        "Test song",
    }
    assert not lock.is_held()


def test_one_failure_makes_the_exit_code_and_is_told_in_plain_words(site: MediaSite) -> None:
    make_user(role="admin")
    code, out, err = command(site.url("/missing.mp4"), site.url("/silent.mp4"), "--wait")
    assert code == 1
    assert "silent: In your library." in out
    assert err.startswith(f"{site.url('/missing.mp4')}: There is nothing at this address")
    assert "Traceback" not in err


def test_json_gives_one_document_per_line_up_to_the_end(site: MediaSite) -> None:
    make_user(role="admin")
    code, out, _err = command(site.url("/silent.mp4"), "no address", "--wait", "--json")
    documents = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert documents[1]["error"]["code"] == "bad_url"
    progress = [line["job"]["progress"] for line in documents if "job" in line]
    assert progress == sorted(progress)
    assert documents[-1]["job"]["status"] == "completed"
    assert documents[-1]["job"]["result"]["entry_id"] == str(Entry.objects.get().uuid)


def test_what_is_there_is_told_and_force_takes_it_again(site: MediaSite) -> None:
    make_user(role="admin")
    make_entry(normalized_url=site.url("/silent.mp4"), title="Known")
    code, _out, err = command(site.url("/silent.mp4"), "--wait")
    assert (code, "already in your library as “Known”" in err) == (1, True)
    assert command(site.url("/silent.mp4"), "--wait", "--force")[0] == 0


def test_presets_are_obeyed_and_unknown_ones_refused(site: MediaSite) -> None:
    make_user(role="admin")
    assert command(site.url("/silent.mp4"), "--format", "bogus")[0] == 1
    command(site.url("/song.mp3"), "--format", "audio_max", "--wait")
    assert Entry.objects.get().media_kind == "audio"


@pytest.mark.parametrize("words", [["--user", "nobody"], ["--library", "nowhere"]])
def test_unknown_names_are_told_before_anything_is_written(
    site: MediaSite, words: list[str]
) -> None:
    make_user(role="admin")
    with pytest.raises(CommandError, match=words[1]):
        command(site.url("/silent.mp4"), *words)
    assert not Job.objects.exists()


def test_without_any_administrator_it_says_what_to_do(site: MediaSite) -> None:
    with pytest.raises(CommandError, match="set it up first"):
        command(site.url("/silent.mp4"))


def test_a_sweep_removes_folders_of_jobs_that_have_ended_and_keeps_the_others(
    site: MediaSite, media_root: Path
) -> None:
    user = make_user(role="editor")
    open_job = services.request_import(user=user, url=site.url("/silent.mp4"))
    for name in (str(open_job.uuid), "11111111-1111-4111-8111-111111111111"):
        folder = media_root / ".videorama" / "incoming" / name
        folder.mkdir(parents=True)
        (folder / "left.part").write_bytes(b"x")
    services.sweep()
    kept = [path.name for path in (media_root / ".videorama" / "incoming").iterdir()]
    assert kept == [str(open_job.uuid)]
