"""The page of an import says in words where it comes from, what it is and where it goes."""

import pytest
from django.test import Client

from library.tests.factories import make_library
from videorama.jobs.models import Job

pytestmark = pytest.mark.django_db


def page_of(client: Client, job: Job) -> str:
    return client.get(f"/jobs/{job.uuid}/").text


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"url": "https://videos.example.org/1", "preset": "video_1080"},
            ("https://videos.example.org/1", "Full HD, up to 1080p"),
        ),
        ({"url": "https://videos.example.org/1", "preset": "137+140"}, ("137+140",)),
        ({"url": "", "preset": "", "file": {"name": "holiday.mov"}}, ("holiday.mov",)),
    ],
)
def test_source_and_format_are_said_in_words(client, editor, params, words):
    job = Job.objects.create(kind="import", title="A film", owner=editor, params=params)
    client.force_login(editor)
    page = page_of(client, job)
    assert all(f'<dd dir="auto">{word}</dd>' in page for word in words)


def test_the_library_has_its_name_for_those_who_may_know_it(client, editor, stranger, admin):
    library = make_library(name="Film club", slug="club", owner=editor, is_private=True)
    facts = {"kind": "import", "title": "A film", "library": library.slug}
    mine = Job.objects.create(owner=editor, **facts)
    client.force_login(editor)
    assert '<dd dir="auto">Film club</dd>' in page_of(client, mine)
    theirs = Job.objects.create(owner=stranger, **facts)
    client.force_login(stranger)
    page = page_of(client, theirs)
    assert "Film club" not in page and "club</dd>" not in page


def test_the_stages_of_a_file_do_not_speak_of_a_source_or_a_download(client, editor):
    facts = {"kind": "import", "title": "A film", "owner": editor, "stage": "download"}
    params = {"file": {"name": "holiday.mov"}}
    file = Job.objects.create(params=params, status="running", **facts)
    link = Job.objects.create(params={"url": "https://e.org/1"}, status="completed", **facts)
    client.force_login(editor)
    assert "Downloading" in page_of(client, link)
    for page in (page_of(client, file), client.get(f"/import/{file.uuid}/card/").text):
        assert "Bringing it in" in page
        assert "Downloading" not in page and "Looking at the source" not in page
