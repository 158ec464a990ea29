"""Everybody is spoken to in their own language, wherever it is said."""

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext

from library.models import EntryState
from library.tests.factories import make_entry, make_library
from videorama.accounts import services
from videorama.accounts.languages import language_of, speaking_to
from videorama.errors import Invalid
from videorama.jobs.models import Job, JobStatus

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
# A decimal comma where style sheets and scripts read.
MACHINE_NUMBER = r'(?:style|value|max|min|aria-value\w+|data-[\w-]+)="[^" ]*\d,\d[^"]*"'
WORDS = {"en": "Skip to content", "es": "Saltar al contenido", "de": "Zum Inhalt springen"}


def speaks(response):
    """The language a page is in, by its own word for it and by what it says."""
    named = re.search(r'<html lang="([\w-]+)"', response.text).group(1)
    assert WORDS[named] in response.text
    assert response["Content-Language"] == named
    return named


@pytest.fixture
def german(viewer):
    """Somebody who chose German."""
    return services.edit_profile(user=viewer, changes={"language": "de"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("", "en"), ("es-MX,es", "es"), ("fr,de;q=0.5", "de"), ("fr", "en"), ("*;nonsense", "en")],
)
def test_before_sign_in_the_browser_says_the_language(client, admin, asked, spoken):
    headers = {"Accept-Language": asked} if asked else {}
    assert speaks(client.get("/login", headers=headers)) == spoken


def test_the_switch_at_the_door_beats_the_browser_until_it_is_taken_back(client, admin):
    assert client.post("/language", {"language": "de", "next": "/login"}).url == "/login"
    assert speaks(client.get("/login", headers=SPANISH)) == "de"
    client.post("/language", {"language": ""})
    assert speaks(client.get("/login", headers=SPANISH)) == "es"
    client.post("/language", {"language": "xx"})
    assert speaks(client.get("/login", headers=SPANISH)) == "es"
    assert client.post("/language", {"next": "https://evil.example"}).url == "/login"


def test_the_choice_of_the_account_beats_the_browser_on_every_page(client, german):
    client.force_login(german)
    for page in ("/", "/account/", "/jobs/", "/nothing-here/"):
        assert speaks(client.get(page, headers=SPANISH)) == "de"


def test_whoever_chose_none_is_spoken_to_as_the_browser_asks(client, viewer):
    client.force_login(viewer)
    assert speaks(client.get("/account/", headers=SPANISH)) == "es"
    assert speaks(client.get("/account/")) == "en"


def test_a_choice_on_the_account_page_answers_in_the_new_language(client, viewer):
    client.force_login(viewer)
    client.post("/account/look", {"language": "es", "density": "comfortable"})
    page = client.get("/account/")
    assert speaks(page) == "es" and "Guardado." in page.text
    # Also where nobody is signed in, in this browser.
    client.post("/logout")
    assert speaks(client.get("/login")) == "es"


@pytest.mark.parametrize("language", ["xx", "de-AT", "../de", "d" * 200])
def test_a_language_that_is_not_spoken_is_refused(client, viewer, bearer, language):
    with pytest.raises(Invalid):
        services.edit_profile(user=viewer, changes={"language": language})
    client.force_login(viewer)
    fields = {"language": language, "density": "compact"}
    assert client.post("/account/look", fields).status_code == 422
    answer = client.patch(
        "/api/v1/me", {"language": language}, "application/json", headers=bearer(viewer)
    )
    assert answer.status_code == 422
    viewer.refresh_from_db()
    assert (viewer.language, viewer.density) == ("", "comfortable")


def test_density_is_drawn_by_the_server_and_kept_with_the_account(client, viewer):
    client.force_login(viewer)
    assert "data-density" not in client.get("/account/").text
    client.post("/account/look", {"language": "", "density": "compact"})
    assert re.search(r'<html lang="en" data-density="compact">', client.get("/").text)
    assert client.post("/account/look", {"density": "tiny"}).status_code == 422


def test_the_api_answers_in_the_language_of_the_account_else_of_the_client(
    client, german, editor, bearer
):
    said = {
        who: client.get("/api/v1/users", headers={**headers, **SPANISH}).json()["error"]["message"]
        for who, headers in {"german": bearer(german), "editor": bearer(editor)}.items()
    }
    with translation.override("de"):
        assert said["german"] == gettext("You may not do this.")
    with translation.override("es"):
        assert said["editor"] == gettext("You may not do this.")


def test_what_is_said_without_a_browser_is_in_the_language_of_whom_it_is_for(german, editor):
    assert (language_of(german), language_of(editor), language_of(None)) == ("de", "en", "en")
    with translation.override("es"), speaking_to(german):
        assert gettext("Saved.") == "Gespeichert."


def test_numbers_for_machines_stay_as_machines_read_them(client, make_user):
    user = make_user("hans", role="admin")
    services.edit_profile(user=user, changes={"language": "de"})
    entry = make_entry(library=make_library(owner=user), duration_s=1234.5)
    EntryState.objects.create(user=user, entry=entry, position_s=12.25)
    job = Job.objects.create(
        kind="import",
        owner=user,
        title="An import",
        status=JobStatus.RUNNING,
        stage="download",
        progress=31.5,
        params={"url": "https://videos.example.org/2", "preset": "video_max"},
    )
    client.force_login(user)
    pages = ["/", f"/entries/{entry.uuid}/", "/jobs/", f"/jobs/{job.uuid}/", "/settings/storage/"]
    for page in pages:
        text = client.get(page).text
        assert 'lang="de"' in text, page
        wrong = re.findall(
            r'(?:style|value|max|min|aria-value\w+|data-[\w-]+)="[^" ]*\d,\d[^"]*"', text
        )
        assert wrong == [], page
