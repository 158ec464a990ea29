"""A source is asked again: what is new comes over, what a person decided stays."""

import pytest

from imports import services
from imports.errors import NoSource
from imports.tests.importer import Importer
from library import services as library
from library.models import Entry, FileRole
from library.queries import file_path
from library.tests.factories import make_entry, make_user
from videorama.errors import NotAllowed
from videorama.ledger.models import LedgerEvent
from videorama.ledger.tests.leaving import leaving
from videorama.tests.fakes.media_pages import video_tag

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = (
    '<html lang="en"><head><title>{title}</title><meta property="og:title" content="{title}">'
    '<meta property="og:description" content="{words}">'
    '<meta property="og:image" content="{base}/poster.jpg"></head><body>{player}</body></html>'
)


def say(importer: Importer, title: str, words: str) -> None:
    """What the page of the site says from now on."""
    site = importer.site
    player = video_tag("/chapters.mp4")
    text = PAGE.format(title=title, words=words, base=site.base, player=player)
    site.add("/changing", text.encode())


def test_a_refresh_takes_over_what_no_person_set(importer: Importer) -> None:
    say(importer, "First title", "First words")
    entry = importer.entry("/changing")
    assert entry.title == "First title"
    library.edit_entry(user=importer.user, entry=entry, description="My words")
    say(importer, "Second title", "Second words")
    with leaving("entry.refresh_requested"):
        job = services.request_refresh(user=importer.user, entry=entry, with_picture=True)
    assert services.request_refresh(user=importer.user, entry=entry, with_picture=True) == job
    importer.ended(job)
    assert job.status == "completed", job.error_detail
    entry.refresh_from_db()
    assert (entry.title, entry.description) == ("Second title", "My words")
    assert "title" in job.result["changed"] and "description" not in job.result["changed"]
    assert file_path(entry.files.get(role=FileRole.POSTER)).is_file()
    fact = LedgerEvent.objects.get(event="entry.refreshed")
    assert fact.data["title"] == {"from": "First title", "to": "Second title"}
    importer.assert_only_known_files()


def test_a_source_that_is_gone_fails_plainly_and_changes_nothing(importer: Importer) -> None:
    say(importer, "A title", "Words")
    entry = importer.entry("/changing")
    before = Entry.objects.values().get(pk=entry.pk)
    importer.site.fail("/changing", status=404)
    job = importer.ended(services.request_refresh(user=importer.user, entry=entry))
    assert job.status == "failed"
    assert job.error_message
    assert Entry.objects.values().get(pk=entry.pk) == before
    importer.assert_only_known_files()


def test_only_those_who_edit_ask_and_only_where_there_is_a_source() -> None:
    entry = make_entry()
    with pytest.raises(NoSource):
        services.request_refresh(user=entry.library.owner, entry=entry)
    with pytest.raises(NotAllowed):
        services.request_refresh(user=make_user(role="viewer"), entry=entry)
