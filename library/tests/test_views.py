"""The library and entry pages, through the door a browser uses."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import services
from library.models import Chapter, Entry, EntryState, FileRole, Library
from library.tests.factories import make_entry, make_file, make_library, make_user
from videorama.accounts.models import Role, User
from videorama.jobs.models import Job, JobStatus, Queue

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    """A browser of an editor."""
    client.force_login(editor)
    return client


@pytest.fixture
def viewer_client(client: Client, viewer: User) -> Client:
    """A browser of a viewer."""
    client.force_login(viewer)
    return client


def make_job(owner: User, **changes: object) -> Job:
    given = {"kind": "import", "queue": Queue.HEAVY, "title": "A film", "params": {}} | changes
    return Job.objects.create(owner=owner, **given)


def text_of(client: Client, address: str, **more: object) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def test_an_empty_library_names_the_next_step(editor_client: Client, editor: User) -> None:
    page = text_of(editor_client, "/")
    assert "Nothing here yet" in page
    assert reverse("imports:import_new") in page


def test_a_viewer_of_an_empty_library_is_not_sent_to_import(viewer_client: Client) -> None:
    page = text_of(viewer_client, "/")
    assert "Nothing here yet" in page
    assert reverse("imports:import_new") not in page


def test_cards_show_title_length_uploader_and_how_far_one_has_watched(
    editor_client: Client, editor: User
) -> None:
    entry = make_entry(title="Tea & <Toast>", uploader="Kitchen", duration_s=3724, poster=b"jpg")
    EntryState.objects.create(user=editor, entry=entry, position_s=931)
    page = text_of(editor_client, "/")
    assert "Tea &amp; &lt;Toast&gt;" in page
    assert "1:02:04" in page and "Kitchen" in page
    assert "--watched:25.0%" in page
    assert f"/api/v1/entries/{entry.uuid}/thumbnail" in page


def test_continue_watching_is_the_asker_s_own(client: Client, editor: User, stranger: User) -> None:
    entry = make_entry(duration_s=600)
    EntryState.objects.create(user=editor, entry=entry, position_s=120)
    client.force_login(stranger)
    assert "Continue watching" not in text_of(client, "/")
    client.force_login(editor)
    page = text_of(client, "/")
    assert "Continue watching" in page and "8 min left" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=audio", {"song"}),
        ("kind=video", {"film", "seen"}),
        ("kind=video&kind=audio", {"film", "song", "seen"}),
        ("unwatched=1", {"film", "song"}),
        ("favorites=1", {"film"}),
        ("q=FIL", {"film"}),
        ("q=nothing", set()),
        ("sort=title", {"film", "song", "seen"}),
        ("sort=nonsense&kind=picture", {"film", "song", "seen"}),
    ],
)
def test_filters_narrow_the_grid(
    editor_client: Client, editor: User, query: str, shown: set[str]
) -> None:
    film = make_entry(title="film")
    make_entry(title="song", media_kind="audio", format="mp3")
    seen = make_entry(title="seen")
    EntryState.objects.create(user=editor, entry=film, favorite=True)
    EntryState.objects.create(user=editor, entry=seen, watched_at=timezone.now())
    page = text_of(editor_client, f"/?{query}")
    assert {title for title in ("film", "song", "seen") if f">{title}</a>" in page} == shown


def test_htmx_gets_only_the_grid_and_caches_know(editor_client: Client) -> None:
    make_entry(title="film")
    answer = editor_client.get("/?kind=video", headers=HTMX)
    page = answer.content.decode()
    assert "HX-Request" in answer["Vary"]
    assert page.strip().startswith('<div class="stack" id="grid">')
    assert "<html" not in page and ">film</a>" in page


def test_further_pages_come_by_cursor_and_keep_the_filters(editor_client: Client) -> None:
    library = make_library()
    for number in range(50):
        make_entry(title=f"film {number:02}", library=library, content=b"x" * (number + 1))
    first = editor_client.get("/?kind=video&sort=title")
    titles = [entry.title for entry in first.context["page"].items]
    assert len(titles) == 48 and "Show more" in first.content.decode()
    more = first.context["more_url"]
    assert "kind=video" in more and "sort=title" in more
    rest = editor_client.get(more, headers=HTMX)
    titles += [entry.title for entry in rest.context["page"].items]
    assert titles == [f"film {number:02}" for number in range(50)]
    assert "Show more" not in rest.content.decode()
    assert "media-grid" not in rest.content.decode()


def test_a_wrong_cursor_is_refused_in_a_sentence(editor_client: Client) -> None:
    answer = editor_client.get("/?after=%21%21")
    assert answer.status_code == 422
    assert "not valid" in answer.content.decode()


def test_query_counts_of_the_grid_do_not_grow(
    editor_client: Client, editor: User, django_assert_num_queries: Any
) -> None:
    library = make_library()

    def add(count: int) -> None:
        for _number in range(count):
            entry = make_entry(library=library, poster=b"jpg")
            EntryState.objects.create(user=editor, entry=entry, position_s=9)
            make_job(editor, status=JobStatus.RUNNING, stage="download", progress=20)
            make_job(editor, status=JobStatus.FAILED, error_message="No.")

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    add(9)
    # The first request of a session also notes when it began.
    text_of(editor_client, "/")
    with CaptureQueriesContext(connection) as few:
        text_of(editor_client, "/")
    add(10)
    with django_assert_num_queries(len(few)):
        text_of(editor_client, "/")


def test_importing_queued_and_failed_cards_are_drawn_from_their_jobs(
    editor_client: Client, editor: User
) -> None:
    running = make_job(
        editor, title="On its way", status=JobStatus.RUNNING, stage="download", progress=31
    )
    queued = make_job(editor, title="In line")
    failed = make_job(
        editor, title="In vain", status=JobStatus.FAILED, error_message="It is private."
    )
    gone = make_job(editor, title="Called off", status=JobStatus.CANCELLED)
    page = text_of(editor_client, "/")
    card = _card(page, running)
    assert 'data-state="importing"' in card and 'aria-disabled="true"' in card
    assert 'role="progressbar"' in card and 'aria-valuenow="31"' in card
    assert 'aria-valuemin="0"' in card and 'aria-valuemax="100"' in card
    assert "Downloading · 31 %" in card and "<a " not in card
    assert 'data-state="queued"' in _card(page, queued)
    card = _card(page, failed)
    assert 'data-state="failed"' in card and "It is private." in card
    assert "Retry" in card and "Remove" in card
    assert str(gone.uuid) not in page
    library = make_library(owner=editor)
    page = text_of(editor_client, f"/libraries/{library.slug}/")
    assert str(running.uuid) in page and str(failed.uuid) not in page


def _card(page: str, job: Job) -> str:
    start = page.index(f'<article class="media-card" id="card-{job.uuid}"')
    return page[start : page.index("</article>", start)]


def test_failed_cards_of_others_stay_theirs(client: Client, editor: User, viewer: User) -> None:
    job = make_job(editor, status=JobStatus.FAILED, error_message="No.")
    client.force_login(viewer)
    assert str(job.uuid) not in text_of(client, "/")


def test_a_private_library_is_a_404_for_strangers(client: Client, editor: User) -> None:
    library = make_library(owner=editor, is_private=True, slug="secret")
    entry = make_entry(library=library, title="hidden film")
    client.force_login(make_user(role=Role.EDITOR))
    addresses = [
        "/libraries/secret/",
        *(f"/entries/{entry.uuid}/{what}" for what in ("", "about/", "player/")),
        f"/entries/{entry.uuid}/edit/",
        f"/entries/{entry.uuid}/removal/",
    ]
    for address in addresses:
        assert client.get(address).status_code == 404, address
    for what in ("save", "delete", "state"):
        assert client.post(f"/entries/{entry.uuid}/{what}/").status_code == 404, what
    assert "hidden film" not in text_of(client, "/")
    client.force_login(editor)
    assert "hidden film" in text_of(client, "/libraries/secret/")


def test_nobody_sees_anything_without_signing_in(client: Client) -> None:
    entry = make_entry()
    for address in ("/", f"/libraries/{entry.library.slug}/", f"/entries/{entry.uuid}/"):
        answer = client.get(address)
        assert answer.status_code == 302 and "/login" in answer["Location"], address


def test_a_description_is_linked_and_stays_harmless(editor_client: Client) -> None:
    entry = make_entry(
        description="See https://example.org/a?b=1 <script>alert(1)</script> javascript:alert(2)",
        original_url="javascript:alert(3)",
    )
    page = text_of(editor_client, f"/entries/{entry.uuid}/")
    assert 'href="https://example.org/a?b=1"' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_editing_changes_the_entry_and_htmx_gets_the_new_facts(editor_client: Client) -> None:
    entry = make_entry(title="Old", description="")
    address = f"/entries/{entry.uuid}/save/"
    answer = editor_client.post(address, {"title": "New", "description": "Words"})
    assert answer.status_code == 302
    entry.refresh_from_db()
    assert (entry.title, entry.description) == ("New", "Words")
    answer = editor_client.post(address, {"title": "Newer"}, headers=HTMX)
    page = answer.content.decode()
    assert 'id="about"' in page and 'id="entry-title"' in page and "Newer" in page
    assert "toast" in answer["HX-Trigger"]


def test_an_empty_title_comes_back_with_the_form(editor_client: Client) -> None:
    entry = make_entry(title="Kept")
    answer = editor_client.post(
        f"/entries/{entry.uuid}/save/", {"title": " ", "description": "typed"}, headers=HTMX
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This field is required" in page and "typed" in page and "<html" not in page
    entry.refresh_from_db()
    assert entry.title == "Kept"


def test_viewers_may_not_edit_or_delete(viewer_client: Client) -> None:
    entry = make_entry(title="Kept")
    address = f"/entries/{entry.uuid}/"
    page = text_of(viewer_client, address)
    assert f"{address}edit/" not in page and f"{address}removal/" not in page
    assert viewer_client.get(f"{address}edit/").status_code == 403
    assert viewer_client.get(f"{address}removal/").status_code == 403
    answer = viewer_client.post(f"{address}save/", {"title": "Taken"})
    assert answer.status_code == 403
    assert viewer_client.post(f"{address}delete/", {"what": "row"}).status_code == 403
    assert Entry.objects.get(pk=entry.pk).title == "Kept"


def test_deleting_the_row_leaves_the_files(editor_client: Client, settings: Any) -> None:
    entry = make_entry()
    original = entry.files.get()
    place = settings.ROOTS[original.root] / original.path
    answer = editor_client.post(f"/entries/{entry.uuid}/delete/", {"what": "row"})
    assert answer["Location"] == f"/libraries/{entry.library.slug}/"
    assert not Entry.objects.filter(pk=entry.pk, deleted_at__isnull=True).exists()
    assert place.exists()


def test_deleting_the_files_needs_a_second_yes(editor_client: Client, settings: Any) -> None:
    entry = make_entry()
    original = entry.files.get()
    place = settings.ROOTS[original.root] / original.path
    address = f"/entries/{entry.uuid}/delete/"
    answer = editor_client.post(address, {"what": "files"})
    assert answer.status_code == 422 and "Tick the box" in answer.content.decode()
    assert place.exists()
    answer = editor_client.post(address, {"what": "files", "confirmed": "1"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/libraries/{entry.library.slug}/"
    assert not place.exists()
    assert editor_client.get(f"/entries/{entry.uuid}/").status_code == 404


def test_everybody_keeps_a_state_of_their_own(viewer_client: Client, viewer: User) -> None:
    entry = make_entry(duration_s=100)
    address = f"/entries/{entry.uuid}/state/"
    assert viewer_client.post(address, {"position_s": "31.5"}).status_code == 204
    answer = viewer_client.post(address, {"favorite": "true"}, headers=HTMX)
    assert 'aria-pressed="true"' in answer.content.decode()
    assert viewer_client.post(address, {"rating": "4"}).status_code == 302
    state = EntryState.objects.get()
    assert (state.user, state.position_s, state.favorite, state.rating) == (viewer, 31.5, True, 4)
    viewer_client.post(address, {"position_s": "96"})
    state.refresh_from_db()
    assert state.watched_at is not None and state.position_s == 0
    viewer_client.post(address, {"played": "true"})
    entry.refresh_from_db()
    assert entry.view_count == 1
    state.refresh_from_db()
    assert state.favorite and state.rating == 4


@pytest.mark.parametrize("sent", [{"position_s": "-1"}, {"rating": "9"}, {"position_s": "nan"}])
def test_a_state_that_cannot_be_is_refused(viewer_client: Client, sent: dict[str, str]) -> None:
    entry = make_entry()
    assert viewer_client.post(f"/entries/{entry.uuid}/state/", sent).status_code == 422
    assert not EntryState.objects.exists()


def test_a_library_needs_only_a_name(editor_client: Client, editor: User) -> None:
    assert "New library" in text_of(editor_client, "/libraries/new/")
    answer = editor_client.post("/libraries/", {"name": "Evening films", "is_private": "1"})
    assert answer["Location"] == "/libraries/evening-films/"
    library = Library.objects.get()
    assert (library.slug, library.owner, library.is_private) == ("evening-films", editor, True)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "Taken", "slug": "taken"}, "already exists"),
        ({"name": "Upper", "slug": "UPPER case"}, "lower-case"),
        ({"name": "New"}, "id"),
        ({"name": "音楽"}, "No id follows"),
    ],
)
def test_a_library_that_cannot_be_made_says_why_at_its_field(
    editor_client: Client, sent: dict[str, str], said: str
) -> None:
    make_library(slug="taken")
    answer = editor_client.post("/libraries/", sent, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page and "field-error" in page
    assert Library.objects.count() == 1


def test_viewers_make_no_libraries(viewer_client: Client) -> None:
    assert viewer_client.get("/libraries/new/").status_code == 403
    assert viewer_client.post("/libraries/", {"name": "Mine"}).status_code == 403
    assert not Library.objects.exists()


def test_the_entry_page_shows_others_of_its_library_and_its_cost_is_constant(
    editor_client: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    library = make_library()
    entry = make_entry(library=library)
    make_entry(library=library, title="Neighbour")
    make_entry(library=library)
    address = f"/entries/{entry.uuid}/"
    assert "Neighbour" in text_of(editor_client, address)
    with CaptureQueriesContext(connection) as few:
        text_of(editor_client, address)
    for number in range(10):
        make_entry(library=library)
        start = number * 1000
        Chapter.objects.create(entry=entry, start_ms=start, end_ms=start + 1000, title="c")
        make_file(
            entry, content=b"WEBVTT", role=FileRole.SUBTITLE, format="vtt", language=f"l{number}"
        )
    with django_assert_num_queries(len(few)):
        text_of(editor_client, address)


def test_the_page_figures_count_what_the_list_holds(editor_client: Client) -> None:
    library = make_library()
    make_entry(library=library, duration_s=5400, content=b"x" * 2048)
    make_entry(library=library, duration_s=5400, content=b"y" * 2048)
    services.delete_entry(user=library.owner, entry=make_entry(library=library), with_files=True)
    page = text_of(editor_client, f"/libraries/{library.slug}/")
    figures = page[page.index("page-sub") : page.index("</header>", page.index("page-sub"))]
    assert "2 entries" in figures and "3 hours" in figures and "4.0\xa0KB" in figures
