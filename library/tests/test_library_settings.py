"""The settings of a library: what can be said of it, who belongs to it, where its files lie."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from library import move_jobs, queries, services
from library.errors import BeingOrganized, LibraryTaken
from library.models import Entry, EntryFile, EntryTag, FileRole, Library, TagSource
from library.queries import plan_of, planned_moves, try_template
from library.tests.factories import make_entry, make_file, make_library, make_user
from videorama.accounts.models import Role, User
from videorama.errors import Conflict, Invalid, NotAllowed
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.services import run
from videorama.ledger.models import LedgerEvent

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Films",
    "description": "",
    "icon": "🎬",
    "path_template": "{uploader}/{title}.{ext}",
    "auto_organize": "1",
    "confidence": "85",
}


@pytest.fixture
def owner(db: None, client: Client) -> User:
    """Signed in, and owns the library."""
    user = make_user(username="ann")
    client.force_login(user)
    return user


@pytest.fixture
def films(owner: User) -> Library:
    """A library without entries."""
    return make_library(owner=owner, slug="films", name="Films")


def text_of(answer: Any) -> str:
    return answer.content.decode()


def test_everything_about_a_library_is_set_on_one_page(client: Client, films: Library) -> None:
    page = text_of(client.get("/libraries/films/settings/"))
    assert 'value="{uploader}/{title}.{ext}"' in page
    answer = client.post(
        "/libraries/films/save/",
        FORM | {"icon": "other", "icon_other": "🦊", "is_private": "1", "auto_tag_from_path": "1"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/libraries/films/settings/")
    films.refresh_from_db()
    assert (films.icon, films.is_private, films.auto_tag_from_path) == ("🦊", True, True)
    assert films.confidence_threshold == 0.85
    page = text_of(client.get("/libraries/films/settings/"))
    assert 'value="🦊"' in page
    assert "🦊" in text_of(client.get("/libraries/films/"))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("path_template", "{nonsense}/{title}", "“nonsense” is not a known variable."),
        ("path_template", "../{title}", "may not hold empty folders"),
        ("name", "", "This field is required."),
        ("confidence", "130", "less than or equal to 100"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_lost(
    client: Client, films: Library, field: str, value: str, words: str
) -> None:
    answer = client.post("/libraries/films/save/", FORM | {"description": "Kept", field: value})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Kept" in text_of(answer)
    films.refresh_from_db()
    assert films.description == ""


def test_a_member_who_edits_may_not_change_privacy(client: Client, films: Library) -> None:
    member = make_user(role=Role.VIEWER)
    services.set_member(user=films.owner, library=films, member=member, role="editor")
    client.force_login(member)
    page = text_of(client.get("/libraries/films/settings/"))
    assert 'name="is_private"' not in page
    assert 'id="members"' not in page
    client.post("/libraries/films/save/", FORM | {"name": "Renamed", "is_private": "1"})
    films.refresh_from_db()
    assert (films.name, films.is_private) == ("Renamed", False)


def test_a_template_is_seen_on_the_three_newest_entries(client: Client, films: Library) -> None:
    for number in range(4):
        make_entry(library=films, title=f"Film {number}", uploader="Ann")
    trial = try_template(films.owner, "{uploader} - {title}", films)
    assert [one.path for one in trial.examples] == [
        "Ann - Film 3.mp4",
        "Ann - Film 2.mp4",
        "Ann - Film 1.mp4",
    ]
    asked = {"library": "films", "path_template": "{uploader} - {title}"}
    assert "Ann - Film 3.mp4" in text_of(client.get("/libraries/template/", asked))
    wrong = text_of(client.get("/libraries/template/", asked | {"path_template": "{x"}))
    assert "Write variables as {title}" in wrong


def test_without_entries_the_examples_say_that_they_are_invented(
    client: Client, owner: User
) -> None:
    trial = try_template(owner, "{artist}/{track_number:02d} - {title}")
    assert trial.is_made_up
    assert trial.examples[1].path == "The Ferrymen/03 - Low tide.mp3"
    assert "invented" in text_of(client.get("/libraries/new/"))


def test_people_are_found_by_two_letters_and_only_by_who_may_add_them(
    client: Client, films: Library
) -> None:
    for name in ("bernd", "beate", "carla"):
        make_user(username=name)
    people = "/libraries/films/people/"
    found = text_of(client.get(people, {"username": "be"}))
    assert ("bernd" in found, "beate" in found, "carla" in found) == (True, True, False)
    assert "option" not in text_of(client.get(people, {"username": "b"}))
    assert "ann" not in text_of(client.get(people, {"username": "an"}))
    client.force_login(make_user(role=Role.VIEWER))
    assert client.get(people, {"username": "be"}).status_code == 403


def test_members_come_change_and_go(client: Client, films: Library) -> None:
    make_user(username="bernd")
    members = "/libraries/films/members/"
    wrong = client.post(members, {"username": "nobody", "role": "viewer"})
    assert wrong.status_code == 422
    assert "Nobody here is called “nobody”." in text_of(wrong)
    assert client.post(members, {"username": "ann", "role": "viewer"}).status_code == 422
    client.post(members, {"username": "bernd", "role": "viewer"})
    client.post(members, {"username": "bernd", "role": "editor"})
    assert films.memberships.get().role == "editor"
    assert "Remove bernd" in text_of(client.get("/libraries/films/settings/"))
    client.post("/libraries/films/members/remove/", {"username": "bernd"})
    assert not films.memberships.exists()


def test_a_library_is_handed_over_and_its_old_owner_stays_an_editor(
    client: Client, films: Library
) -> None:
    next_owner, viewer = make_user(username="bernd"), make_user(role=Role.VIEWER)
    services.set_member(user=films.owner, library=films, member=next_owner, role="viewer")
    refused = client.post("/libraries/films/owner/", {"username": viewer.username})
    assert (refused.status_code, "Only editors" in text_of(refused)) == (422, True)
    seen = Library.objects.select_related("owner").get(slug="films")
    answer = client.post("/libraries/films/owner/", {"username": "bernd"})
    assert answer["Location"] == "/libraries/films/"
    films.refresh_from_db()
    assert films.owner == next_owner
    assert [(one.user.username, one.role) for one in films.memberships.all()] == [("ann", "editor")]
    with pytest.raises(NotAllowed):
        services.set_owner(user=make_user(), library=films, owner=viewer)
    with pytest.raises(Conflict):
        services.set_owner(user=seen.owner, library=seen, owner=make_user())


def test_only_an_empty_library_is_removed_and_the_page_says_what_is_in_it(
    client: Client, films: Library
) -> None:
    entry, gone = make_entry(library=films), make_entry(library=films)
    services.delete_entry(user=films.owner, entry=gone, with_files=True)
    page = text_of(client.get("/libraries/films/removal/"))
    assert "1 entry is still in this library" in page
    assert "1 entry of this library is in the trash" in page
    assert client.post("/libraries/films/delete/").status_code == 409
    Entry.objects.filter(pk__in=[entry.pk, gone.pk]).delete()
    assert client.post("/libraries/films/delete/").status_code == 302
    assert not Library.objects.filter(slug="films").exists()


def moved_by_job(job: Job | None) -> Job:
    """The job after its work."""
    assert job is not None
    run(job.pk, move_jobs.move)
    job.refresh_from_db()
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, "")
    return job


def test_another_template_offers_the_move_and_the_job_does_what_the_preview_said(
    client: Client, films: Library, media_root: Path
) -> None:
    entries = [make_entry(library=films, title="Same", uploader="Ann") for _ in range(3)]
    original = entries[0].files.get(role=FileRole.ORIGINAL)
    make_file(
        entries[0], content=b"WEBVTT", role=FileRole.SUBTITLE, format="vtt", language="en",
        path=f"{original.path.rpartition('.')[0]}.en.vtt",
    )  # fmt: skip
    lost = make_entry(library=films, title="Lost")
    queries.file_path(lost.files.get()).unlink()
    answer = client.post("/libraries/films/save/", FORM | {"path_template": "a/{title}"})
    assert answer["Location"] == "/libraries/films/organize/"
    page = text_of(client.get("/libraries/films/organize/"))
    assert "4 entries lie elsewhere" in page
    for words in (
        "films/a/Same.mp4",
        "films/a/Same-1.mp4",
        "films/a/Same-2.mp4",
        "it gets a number",
    ):
        assert words in page
    assert "1 file is missing" in page
    assert "1 file more goes along" in page
    films.refresh_from_db()
    planned = {move.entry.pk: move.new for move in planned_moves(films) if not move.is_missing}
    answer = client.post("/libraries/films/organize/start/")
    job = Job.objects.get(kind="move")
    assert answer["Location"] == f"/jobs/{job.uuid}/"
    run(job.pk, move_jobs.move)
    job.refresh_from_db()
    assert (job.status, job.result["moved"], job.result["stayed"]) == (JobStatus.PARTIAL, 3, 1)
    originals = EntryFile.objects.filter(entry__in=entries, role=FileRole.ORIGINAL)
    assert dict(originals.values_list("entry", "path")) == planned
    assert (media_root / "films/a/Same.en.vtt").is_file()
    lines = " ".join(job.lines.values_list("message", flat=True))
    assert "→ films/a/Same-2.mp4" in lines
    assert "Lost: The file of this entry is missing" in lines
    lost.delete()
    page = text_of(client.get("/libraries/films/organize/"))
    assert "Everything is in its place" in page


def test_names_that_entries_give_up_are_free_for_the_next(films: Library) -> None:
    one, two = make_entry(library=films, title="One"), make_entry(library=films, title="Two")
    services.edit_library(user=films.owner, library=films, path_template="{title}")
    moved_by_job(services.reorganize(user=films.owner, library=films))
    Entry.objects.filter(pk=one.pk).update(title="Three")
    Entry.objects.filter(pk=two.pk).update(title="One")
    films.refresh_from_db()
    planned = [move.new for move in planned_moves(films)]
    assert planned == ["films/Three.mp4", "films/One.mp4"]
    moved_by_job(services.reorganize(user=films.owner, library=films))
    paths = EntryFile.objects.order_by("entry_id").values_list("path", flat=True)
    assert list(paths) == planned
    assert plan_of(films).count == 0


def test_a_job_goes_on_with_what_an_earlier_one_left(films: Library, media_root: Path) -> None:
    for number in range(3):
        make_entry(library=films, title=f"Film {number}")
    services.edit_library(user=films.owner, library=films, path_template="new/{title}")
    first = next(planned_moves(films)).entry
    services.move_one(entry_id=first.pk, library=films)
    assert plan_of(films).count == 2
    moved_by_job(services.reorganize(user=films.owner, library=films))
    assert sorted(one.name for one in (media_root / "films/new").iterdir()) == [
        "Film 0.mp4",
        "Film 1.mp4",
        "Film 2.mp4",
    ]


def test_another_folder_takes_all_files_along_even_to_another_root(
    client: Client, films: Library, settings: Any, tmp_path: Path
) -> None:
    settings.ROOTS = {**settings.ROOTS, "second": tmp_path / "second"}
    entry = make_entry(library=films, subfolder="deep")
    make_library(slug="other", folder="taken")
    Library.objects.filter(pk=films.pk).update(auto_organize=False)
    for folder, words in (("taken/x", "Another library uses"), ("../up", "cannot be used")):
        answer = client.post("/libraries/films/relocate/", {"root": "media", "folder": folder})
        assert answer.status_code == 422
        assert words in text_of(answer)
    answer = client.post("/libraries/films/relocate/", {"root": "second", "folder": "cinema"})
    job = Job.objects.get(kind="move")
    assert answer["Location"] == f"/jobs/{job.uuid}/"
    assert queries.file_path(entry.files.get()).is_file()
    films.refresh_from_db()
    with pytest.raises(BeingOrganized):
        services.relocate_library(user=films.owner, library=films, root="media", folder="back")
    moved_by_job(job)
    file = entry.files.get()
    assert (file.root, file.path.startswith("cinema/deep/")) == ("second", True)
    assert queries.file_path(file).is_file()
    assert not (tmp_path / "media/films").exists()


def test_an_empty_library_changes_its_folder_at_once(films: Library, media_root: Path) -> None:
    job = services.relocate_library(user=films.owner, library=films, root="", folder="kino")
    assert job is None
    assert (media_root / "kino").is_dir()
    assert not (media_root / "films").exists()
    with pytest.raises(LibraryTaken):
        services.relocate_library(
            user=make_user(role=Role.ADMIN), library=make_library(), root="", folder="kino/x"
        )
    assert LedgerEvent.objects.get().event == "library.relocated"


def test_tags_of_folders_follow_the_entry_and_others_stay(films: Library) -> None:
    entry = make_entry(library=films, title="Song")
    services.edit_library(user=films.owner, library=films, auto_tag_from_path=True)
    services.tag_entries(user=films.owner, entries=[entry], add=["mine"])
    services.move_entries(user=films.owner, entries=[entry], library=films, subfolder="rock/live")
    services.move_entries(user=films.owner, entries=[entry], library=films, subfolder="jazz")
    tags = EntryTag.objects.filter(entry=entry).order_by("tag__name")
    assert list(tags.values_list("tag__name", "source")) == [
        ("jazz", TagSource.PATH),
        ("mine", TagSource.USER),
    ]


def test_pages_ask_as_much_for_many_as_for_few(
    client: Client, films: Library, django_assert_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _number in range(count):
            member = make_user(role=Role.VIEWER)
            services.set_member(user=films.owner, library=films, member=member, role="viewer")
            make_entry(library=films)

    pages = (
        "/libraries/films/settings/",
        "/libraries/films/organize/",
        "/libraries/films/removal/",
    )
    fill(3)
    client.get(pages[0])  # What only a first request asks.
    counts = {}
    for page in pages:
        with CaptureQueriesContext(connection) as counted:
            client.get(page)
        counts[page] = len(counted)
    fill(10)
    for page in pages:
        with django_assert_num_queries(counts[page]):
            client.get(page)


def test_a_long_list_of_moves_comes_in_pages(client: Client, films: Library) -> None:
    for number in range(52):
        make_entry(library=films, title=f"Film {number:02d}")
    page = text_of(client.get("/libraries/films/organize/"))
    assert "?from=50" in page
    assert page.count('class="move"') == 50
    assert text_of(client.get("/libraries/films/organize/?from=50")).count('class="move"') == 2


def test_clients_see_the_plan_in_pages_and_start_the_move(
    client: Client, bearer: Callable[[User], dict[str, str]], films: Library
) -> None:
    entries = [make_entry(library=films, title=f"Film {number}") for number in range(3)]
    headers, url = bearer(films.owner), "/api/v1/libraries/films/organize"
    first = client.get(url, {"limit": 2}, headers=headers).json()
    assert (first["count"], first["items"][0]["entry_id"]) == (3, str(entries[0].uuid))
    assert first["items"][1]["new"] == "films/Film 1.mp4"
    rest = client.get(url, {"limit": 2, "after": first["next"]}, headers=headers).json()
    assert ([one["new"] for one in rest["items"]], rest["next"]) == (["films/Film 2.mp4"], None)
    answer = client.post(url, headers=headers)
    assert answer.status_code == 202
    moved_by_job(Job.objects.get(uuid=answer.json()["job"]["id"]))
    assert client.get(url, headers=headers).json()["count"] == 0


def test_refusals_of_services_have_words(films: Library) -> None:
    with pytest.raises(Conflict, match="every right"):
        services.set_member(user=films.owner, library=films, member=films.owner, role="viewer")
    with pytest.raises(Invalid):
        services.relocate_library(user=films.owner, library=films, root="none", folder="x")
