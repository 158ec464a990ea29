"""Asking for an import: who may, what is refused, and when two requests are one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from imports import errors, services
from imports.models import InboxItem
from imports.workspace import held_name
from library.models import Library, MemberRole
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.errors import NotAllowed
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.waiting import eventually

pytestmark = pytest.mark.django_db

URL = "https://media.example.org/clip.mp4"


def test_an_import_without_a_library_belongs_to_none_until_one_is_found(editor: User) -> None:
    job = services.request_import(user=editor, url=URL)
    assert (job.kind, job.status, job.library) == ("import", "pending", "")
    assert job.params == {
        "url": URL,
        "normalized_url": URL,
        "preset": "video_max",
        "auto_mode": True,
        "chosen": False,
        "force": False,
        "source": "web",
        "imported_by": "editor",
    }
    assert not Library.objects.exists()


def test_without_auto_mode_and_library_it_files_into_none(editor: User) -> None:
    job = services.request_import(user=editor, url=URL, auto_mode=False)
    assert job.library == ""
    assert not Library.objects.exists()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("no address", "bad_url"),
        ("ftp://media.example.org/clip.mp4", "bad_url"),
        ("http://user:secret@media.example.org/", "bad_url"),
        ("http://127.0.0.1/clip.mp4", "blocked_address"),
        ("http://10.1.2.3/clip.mp4", "blocked_address"),
        ("http://169.254.169.254/latest/meta-data", "blocked_address"),
        ("http://[::1]/clip.mp4", "blocked_address"),
        ("http://[::ffff:10.0.0.1]/clip.mp4", "blocked_address"),
        ("http://2130706433/clip.mp4", "blocked_address"),
        ("http://0x7f.1/clip.mp4", "blocked_address"),
        ("http://\uff11\uff12\uff17.0.0.1/clip.mp4", "blocked_address"),
        ("http://localhost/clip.mp4", "blocked_address"),
        ("http://localhost./clip.mp4", "blocked_address"),
    ],
)
def test_what_can_be_refused_without_network_is_refused_and_leaves_no_row(
    editor: User, url: str, code: str
) -> None:
    with pytest.raises((errors.BadAddress, errors.BlockedTarget)) as refused:
        services.request_import(user=editor, url=url)
    assert (refused.value.code, refused.value.status) == (code, 422)
    assert not Job.objects.exists()
    assert not Library.objects.exists()


def test_a_private_address_the_operator_named_is_accepted(editor: User, settings: Any) -> None:
    settings.ALLOW_PRIVATE = ("127.0.0.1:8010",)
    assert services.request_import(user=editor, url="http://127.0.0.1:8010/clip.mp4")
    with pytest.raises(errors.BlockedTarget):
        services.request_import(user=editor, url="http://127.0.0.1:8011/clip.mp4")


def test_an_unknown_format_is_refused_with_the_known_ones(editor: User) -> None:
    with pytest.raises(errors.UnknownPreset) as refused:
        services.request_import(user=editor, url=URL, preset="video_ultra")
    assert refused.value.status == 422
    assert "video_1080" in refused.value.details["known"]


def test_a_viewer_may_not_import(viewer: User) -> None:
    with pytest.raises(NotAllowed):
        services.request_import(user=viewer, url=URL)
    with pytest.raises(NotAllowed):
        services.request_import(user=viewer, url=URL, library=make_library())


def test_a_viewer_who_edits_one_library_imports_there_and_nowhere_else(viewer: User) -> None:
    own = make_library(members={viewer: MemberRole.EDITOR})
    assert services.request_import(user=viewer, url=URL, library=own).library == own.slug
    with pytest.raises(NotAllowed):
        services.request_import(user=viewer, url=f"{URL}?2", library=make_library())


def test_a_known_address_is_refused_with_its_entry_however_it_is_spelled(editor: User) -> None:
    entry = make_entry(normalized_url=URL)
    for spelling in (URL, "HTTPS://Media.Example.org:443/clip.mp4?utm_source=x#t=1"):
        with pytest.raises(errors.AlreadyImported) as refused:
            services.request_import(user=editor, url=spelling)
        assert refused.value.status == 409
        assert refused.value.details["entry_id"] == str(entry.uuid)


def test_force_imports_a_known_address_again(editor: User) -> None:
    make_entry(normalized_url=URL)
    assert services.request_import(user=editor, url=URL, force=True).params["force"] is True


def test_entries_in_libraries_the_asker_may_not_see_do_not_count(
    editor: User, stranger: User
) -> None:
    hidden = make_library(owner=stranger, is_private=True)
    make_entry(library=hidden, normalized_url=URL)
    assert services.request_import(user=editor, url=URL)
    with pytest.raises(errors.AlreadyImported):
        services.request_import(user=stranger, url=URL)


def test_a_wrong_address_is_told_before_a_known_one(editor: User) -> None:
    make_entry(normalized_url=URL)
    with pytest.raises(errors.UnknownPreset):
        services.request_import(user=editor, url=URL, preset="bogus")


def test_equal_open_requests_are_one_job_and_others_are_not(editor: User, stranger: User) -> None:
    library = make_library()
    first = services.request_import(user=editor, url=URL)
    again = services.request_import(user=editor, url=f"{URL}?utm_source=mail")
    assert again.pk == first.pk
    assert again.was_reused
    others = [
        services.request_import(user=stranger, url=URL),
        services.request_import(user=editor, url=URL, library=library),
        services.request_import(user=editor, url=URL, preset="audio_max"),
        services.request_import(user=editor, url=URL, force=True),
        services.request_import(user=editor, url=f"{URL}?v=2"),
    ]
    assert len({first.pk, *(job.pk for job in others)}) == 6


def test_a_request_after_the_job_has_ended_is_a_new_one(editor: User) -> None:
    first = services.request_import(user=editor, url=URL)
    jobs.request_cancel(job=first, user=editor)
    assert services.request_import(user=editor, url=URL).pk != first.pk


def test_an_idempotency_key_gives_the_first_job_even_when_it_has_been_stored(
    editor: User, stranger: User
) -> None:
    first = services.request_import(user=editor, url=URL, idempotency_key="one")
    jobs.request_cancel(job=first, user=editor)
    make_entry(normalized_url=URL)
    again = services.request_import(user=editor, url=URL, idempotency_key="one")
    assert again.pk == first.pk
    with pytest.raises(errors.AlreadyImported):
        services.request_import(user=editor, url=URL, idempotency_key="two")
    with pytest.raises(errors.AlreadyImported):
        services.request_import(user=stranger, url=URL, idempotency_key="one")


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_requests_make_one_job() -> None:
    user = make_user(role="editor")

    def ask(number: int) -> int:
        try:
            url = URL if number % 2 else f"{URL}#part-{number}"
            return services.request_import(user=user, url=url).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(ask, range(50)))
    assert len(found) == 1
    assert Job.objects.count() == 1


def test_the_job_of_a_youtube_link_is_recognised_in_every_spelling(
    editor: User, make_user: Callable[..., User]
) -> None:
    links = [
        "https://youtu.be/dQw4w9WgXcQ?si=1",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
    ]
    assert len({services.request_import(user=editor, url=link).pk for link in links}) == 1


def test_what_a_cancelled_import_left_in_the_inbox_is_removed_with_its_files(
    editor: User, media_root: Path
) -> None:
    job = services.request_import(user=editor, url=URL, auto_mode=False)
    held = media_root / held_name(job.uuid)
    held.mkdir(parents=True)
    (held / "media.mp4").write_bytes(b"x")
    InboxItem.objects.create(
        job=job,
        kind="needs_review",
        owner=editor,
        title="A",
        root="media",
        held=held_name(job.uuid),
    )
    services.tidy_up(job_id=job.pk)
    assert held.exists()
    jobs.request_cancel(job=job, user=editor)
    services.tidy_up(job_id=job.pk)
    assert not held.exists()
    assert not InboxItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_only_some_previews_run_at_once_and_the_next_is_told_to_wait(
    media_site: MediaSite, settings: Any
) -> None:
    settings.ALLOW_PRIVATE = (media_site.allow,)
    user = make_user(role="editor")
    gate = media_site.hold("/clip10.mp4")

    def look(_number: int) -> str:
        try:
            return services.preview(user=user, url=media_site.url("/clip10.mp4")).info.title
        finally:
            connections.close_all()

    with ThreadPoolExecutor(services.MAX_PREVIEWS) as pool:
        looks = [pool.submit(look, number) for number in range(services.MAX_PREVIEWS)]
        try:
            eventually(
                lambda: media_site.hits("/clip10.mp4") >= services.MAX_PREVIEWS,
                what="every preview asks the site",
            )
            with pytest.raises(errors.TooManyPreviews) as refused:
                look(0)
        finally:
            gate.open()
        assert refused.value.retry_after_s
        assert all(found.result() for found in looks)
    assert look(0), "a place is free again"
