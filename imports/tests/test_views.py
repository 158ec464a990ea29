"""The import page and the cards of imports, through the door a browser uses."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from imports import thumbnails
from imports.choices import format_choices
from imports.models import InboxItem, InboxKind
from library.models import Entry
from library.tests.factories import make_entry, make_library
from videorama.accounts.models import User
from videorama.adapters.media import FormatOffer, SourceInfo
from videorama.jobs.models import Job, JobStatus, Queue
from videorama.tests.fakes.media_pages import AUTHOR, TITLE
from videorama.tests.fakes.media_site import MediaSite

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    """A browser of an editor."""
    client.force_login(editor)
    return client


@pytest.fixture
def site(media_site: MediaSite, settings: Any) -> MediaSite:
    """The media site, allowed by name."""
    settings.ALLOW_PRIVATE = (media_site.allow,)
    return media_site


def make_job(owner: User, **changes: Any) -> Job:
    given = {"kind": "import", "queue": Queue.HEAVY, "title": "A film", "params": {}} | changes
    return Job.objects.create(owner=owner, **given)


def import_page(client: Client, **query: str) -> str:
    answer = client.get("/import/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_link_in_the_address_fills_the_field(editor_client: Client) -> None:
    page = import_page(editor_client, url='example.org/a?b="><script>')
    assert 'value="example.org/a?b=&quot;&gt;&lt;script&gt;"' in page
    assert not Job.objects.exists()


def test_viewers_are_told_that_they_may_not_import(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    assert client.get("/import/").status_code == 403
    for where in ("preview", "url"):
        answer = client.post(f"/import/{where}/", {"url": "https://example.org/"})
        assert answer.status_code in {403, 422}, where
        assert "not import" in answer.content.decode()
    assert not Job.objects.exists()


def test_a_viewer_who_edits_one_library_may_import_into_it(client: Client, viewer: User) -> None:
    library = make_library(slug="ours", members={viewer: "editor"})
    make_library(slug="theirs")
    client.force_login(viewer)
    assert client.get("/import/").status_code == 200
    sent = {"url": "https://example.org/a.mp4", "library": "theirs"}
    answer = client.post("/import/url/", sent)
    assert answer.status_code == 422 and "may add to" in answer.content.decode()
    assert client.post("/import/url/", sent | {"library": "ours"}).status_code == 302
    assert Job.objects.get().library == library.slug


def test_the_preview_shows_what_the_page_offers(editor_client: Client, site: MediaSite) -> None:
    make_library(slug="films", name="Films")
    answer = editor_client.post("/import/preview/", {"url": site.url("/watch")}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in page
    assert TITLE in page and AUTHOR in page and "0:10" in page
    options = re.findall(r"<option value=\"(.*?)\">(.*?)</option>", page)
    assert options == [("", "Auto-detect"), ("films", "Films")]
    assert re.search(r'name="format" value="video_max" checked', page)
    assert not Job.objects.exists(), "a preview keeps nothing"
    shown = re.search(r'<img src="(/import/thumbnail/[^"]+)"', page)
    assert shown, "no page loads a picture from a foreign host"
    picture = editor_client.get(shown[1].replace("&amp;", "&"))
    assert picture["Content-Type"] == "image/jpeg"
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert picture.content[:3] == b"\xff\xd8\xff"


def test_without_scripts_the_preview_is_a_whole_page(
    editor_client: Client, site: MediaSite
) -> None:
    answer = editor_client.post("/import/preview/", {"url": site.url("/watch")})
    page = answer.content.decode()
    assert "<html" in page and TITLE in page
    assert f'action="{reverse("imports:import_url")}"' in page


def test_the_preview_names_the_entry_that_is_here_already(
    editor_client: Client, site: MediaSite
) -> None:
    known = make_entry(title="Seen before", normalized_url=site.url("/watch"))
    answer = editor_client.post("/import/preview/", {"url": site.url("/watch")}, headers=HTMX)
    page = answer.content.decode()
    assert "Already in your library" in page and "Seen before" in page
    assert reverse("library:entry_detail", args=[known.uuid]) in page
    assert "Import again" in page and 'name="force" value="1"' in page


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Paste the address"),
        ("not an address", "not a web address"),
        ("ftp://example.org/a.mp4", "http"),
        ("http://10.0.0.1/a.mp4", "private network"),
        ("x" * 5000, "too long"),
    ],
)
@pytest.mark.parametrize("where", ["preview", "url"])
def test_a_wrong_address_is_explained_at_the_field(
    editor_client: Client, where: str, url: str, said: str
) -> None:
    answer = editor_client.post(f"/import/{where}/", {"url": url}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true" aria-describedby="url-error"' in page
    assert said in page
    assert not Job.objects.exists()


def test_a_page_without_media_is_explained_at_the_field(
    editor_client: Client, site: MediaSite
) -> None:
    for path in ("/article", "/fault/status/404/clip10.mp4"):
        answer = editor_client.post("/import/preview/", {"url": site.url(path)}, headers=HTMX)
        assert answer.status_code == 422
        assert 'id="url-error"' in answer.content.decode()
        assert "Traceback" not in answer.content.decode()


def test_an_import_starts_and_its_card_is_there_at_once(
    editor_client: Client, editor: User
) -> None:
    sent = {"url": "https://example.org/a.mp4", "format": "video_low"}
    answer = editor_client.post("/import/url/", sent, headers=HTMX)
    job = Job.objects.get()
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (job.owner, job.params["preset"], job.params["url"]) == (
        editor,
        "video_low",
        sent["url"],
    )
    assert re.search(r'id="importing"\s+hx-swap-oob="true"', page) and f"card-{job.uuid}" in page
    assert 'value=""' in page, "the field is free for the next address"
    assert "Import started" in answer["HX-Trigger"]
    assert f"card-{job.uuid}" in editor_client.get("/").content.decode()
    again = editor_client.post("/import/url/", sent, headers=HTMX)
    assert "on its way already" in again["HX-Trigger"]
    assert Job.objects.count() == 1


def test_without_scripts_an_import_leads_back_to_its_card(editor_client: Client) -> None:
    answer = editor_client.post("/import/url/", {"url": "https://example.org/a.mp4"}, follow=True)
    page = answer.content.decode()
    assert "Import started" in page and f"card-{Job.objects.get().uuid}" in page


def test_an_unknown_format_is_refused(editor_client: Client) -> None:
    sent = {"url": "https://example.org/a.mp4", "format": "video_huge"}
    assert editor_client.post("/import/url/", sent).status_code == 422
    assert not Job.objects.exists()


def test_a_known_link_asks_before_it_comes_again(editor_client: Client) -> None:
    known = make_entry(title="Seen before", normalized_url="https://example.org/a.mp4")
    sent = {"url": "https://example.org/a.mp4"}
    answer = editor_client.post("/import/url/", sent, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422 and not Job.objects.exists()
    assert "Import again" in page and str(known.uuid) in page
    editor_client.post("/import/url/", sent | {"force": "1"})
    assert Job.objects.get().params["force"] is True


def test_recent_imports_are_one_s_own_and_show_what_became_of_them(
    editor_client: Client, editor: User, stranger: User
) -> None:
    done = make_job(editor, status=JobStatus.COMPLETED)
    entry = make_entry(title="Arrived", import_job=done)
    running = make_job(editor, status=JobStatus.RUNNING, stage="download", progress=12)
    other = make_job(stranger, status=JobStatus.RUNNING)
    page = import_page(editor_client)
    assert f'id="entry-{entry.uuid}"' in page and "Arrived" in page
    assert f"card-{running.uuid}" in page and "Downloading · 12 %" in page
    assert str(other.uuid) not in page


def test_query_counts_of_the_page_do_not_grow(editor_client: Client, editor: User) -> None:
    library = make_library()

    def add(count: int) -> None:
        for _number in range(count):
            make_entry(library=library, import_job=make_job(editor, status=JobStatus.COMPLETED))
            make_job(editor, status=JobStatus.RUNNING)

    add(9)
    import_page(editor_client)  # Notes when the asker was last seen.
    with CaptureQueriesContext(connection) as few:
        import_page(editor_client)
    add(10)
    with CaptureQueriesContext(connection) as many:
        import_page(editor_client)
    assert len(many) == len(few)


def test_a_card_follows_its_job_to_the_entry(editor_client: Client, editor: User) -> None:
    job = make_job(editor, status=JobStatus.RUNNING, stage="download", progress=40)
    address = f"/import/{job.uuid}/card/"
    assert 'aria-valuenow="40"' in editor_client.get(address).content.decode()
    Job.objects.update(status=JobStatus.COMPLETED)
    result = f"/import/{job.uuid}/result/"
    assert f'hx-get="{result}" hx-trigger="load"' in editor_client.get(address).content.decode()
    entry = make_entry(title="Arrived", import_job=job)
    page = editor_client.get(result).content.decode()
    assert f'id="entry-{entry.uuid}"' in page and "Arrived" in page
    Job.objects.update(status=JobStatus.CANCELLED)
    assert editor_client.get(address).content == b""


def test_a_duplicate_leads_to_what_is_here(editor_client: Client, editor: User) -> None:
    existing = make_entry(title="The same bytes")
    job = make_job(editor, status=JobStatus.COMPLETED, message="The same file is here.")
    InboxItem.objects.create(
        kind=InboxKind.DUPLICATE, job=job, owner=editor, existing=existing, title="again"
    )
    page = editor_client.get(f"/import/{job.uuid}/result/").content.decode()
    assert reverse("library:entry_detail", args=[existing.uuid]) in page
    assert "In your library" in page and "The same file is here." in page


def test_a_failed_card_can_be_tried_again_or_put_away(editor_client: Client, editor: User) -> None:
    job = make_job(editor, status=JobStatus.FAILED, error_message="It is private.")
    page = editor_client.post(f"/import/{job.uuid}/retry/", headers=HTMX).content.decode()
    job.refresh_from_db()
    assert job.status == JobStatus.PENDING and 'data-state="queued"' in page
    assert editor_client.post(f"/import/{job.uuid}/dismiss/").status_code == 409
    Job.objects.update(status=JobStatus.FAILED)
    assert editor_client.post(f"/import/{job.uuid}/dismiss/", headers=HTMX).status_code == 200
    assert not Job.objects.exists()


def test_cards_of_others_are_unknown(client: Client, editor: User, stranger: User) -> None:
    job = make_job(editor, status=JobStatus.FAILED)
    client.force_login(stranger)
    for what in ("card", "result"):
        assert client.get(f"/import/{job.uuid}/{what}/").status_code == 404
    for what in ("retry", "dismiss"):
        assert client.post(f"/import/{job.uuid}/{what}/").status_code == 404
    assert Job.objects.get().status == JobStatus.FAILED
    assert Entry.objects.count() == 0


def test_the_picture_door_opens_only_for_signed_pictures_within_reach(
    editor_client: Client, site: MediaSite, settings: Any
) -> None:
    site.add("/tiny.png", PNG, "image/png")
    site.add("/lying.png", b"<svg onload=alert(1)>", "image/png")
    site.add("/huge.png", PNG + bytes(thumbnails.MAX_BYTES), "image/png")
    good = thumbnails.address_of(site.url("/tiny.png"))
    answer = editor_client.get(good)
    assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
    assert "private" in answer["Cache-Control"]
    wrong = [
        "/import/thumbnail/",
        f"/import/thumbnail/?of={site.url('/tiny.png')}",
        good.replace("tiny", "other"),
        thumbnails.address_of(site.url("/lying.png")),
        thumbnails.address_of(site.url("/huge.png")),
        thumbnails.address_of(site.url("/missing.png")),
        thumbnails.address_of("http://169.254.169.254/latest/meta-data"),
    ]
    for address in wrong:
        assert editor_client.get(address).status_code == 404, address
    settings.ALLOW_PRIVATE = ()
    assert editor_client.get(good).status_code == 404, "what is private is not fetched"
    editor_client.logout()
    assert editor_client.get(good).status_code == 302


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/api/v1/entries/1/thumbnail", "/api/v1/entries/1/thumbnail"),
        ("//evil.example/a.png", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_web_pictures_get_an_address(url: str, shown: str) -> None:
    assert thumbnails.address_of(url) == shown


def offer(height: int | None, size: int | None, *, audio: str = "none", **more: Any) -> FormatOffer:
    given: dict[str, Any] = {
        "id": f"format:{height or audio}",
        "label": "",
        "height": height,
        "video_codec": "h264" if height else "none",
        "audio_codec": audio,
        "size_bytes": size,
        "container": "mp4",
        "bitrate": (height or 100) * 1000,
    }
    return FormatOffer(**given | more)


def source(*formats: FormatOffer, presets: tuple[str, ...]) -> SourceInfo:
    return SourceInfo(
        url="https://example.org/a",
        webpage_url="https://example.org/a",
        title="A",
        description="",
        uploader="",
        channel_id="",
        platform="example.org",
        extractor="generic",
        source_id="",
        duration_s=1,
        thumbnail_url="",
        published_at=datetime(2024, 1, 1, tzinfo=UTC),
        language="",
        chapters=(),
        subtitle_languages=(),
        formats=formats,
        presets=presets,
        tags=(),
        is_live=False,
        raw={},
    )


def test_formats_are_offered_once_each_with_their_size() -> None:
    info = source(
        offer(2160, 4_000),
        offer(1440, 3_000),
        offer(1080, 2_000),
        offer(480, None),
        offer(None, 100, audio="aac"),
        presets=("video_max", "video_1080", "video_med", "video_low", "audio_max"),
    )
    shown = [(one.value, one.hint, one.size_bytes) for one in format_choices(info)]
    assert shown == [
        ("video_max", "2160p, MP4", 4_100),
        ("video_1080", "1080p, MP4", 2_100),
        ("video_med", "480p, MP4", None),
        ("format:1440", "MP4", 3_100),
        ("audio_max", "", 100),
    ]


def test_a_source_that_says_nothing_about_formats_offers_its_presets() -> None:
    info = source(presets=("video_max", "audio_max", "not_ours"))
    assert [one.value for one in format_choices(info)] == ["video_max", "audio_max"]
