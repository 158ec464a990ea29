"""Deciding what waits: every verb, what it leaves on disk, and what the rules learn."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from imports import errors, filing_job, services
from imports.given import Given
from imports.models import Decision, Filing, FilingWay, InboxItem, InboxKind, Rule
from imports.services.learning import notice_move, record_filing
from imports.tests.items import make_item
from library.errors import MayNotEdit
from library.models import Entry, EntryFile, FileRole, Library
from library.queries import known_source
from library.services import move_entries
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.ledger.tests.leaving import leaving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talks(editor: User) -> Library:
    return make_library(owner=editor, slug="talks", name="Talks")


@pytest.fixture
def kitchen(editor: User) -> Library:
    return make_library(owner=editor, slug="kitchen", name="Kitchen")


def work(job: Job | None) -> Job:
    """Runs the job as a worker would."""
    assert job is not None
    jobs.run(job.pk, filing_job.file_item)
    job.refresh_from_db()
    return job


def held_folder(item: InboxItem) -> Path:
    return Path(django_settings.ROOTS[item.root]) / item.held


def test_an_approved_item_becomes_an_entry_with_what_the_person_set(
    editor: User, talks: Library
) -> None:
    item = make_item(
        owner=editor,
        ranked=[(talks, 0.6)],
        channel_id="UC1",
        uploader="Lab",
        tags=["optics", "spam"],
        properties={"artist": "Source"},
    )
    job = services.approve(
        user=editor,
        item=item,
        given=Given(
            title="A better title",
            subfolder="Physics/Light",
            tags=("optics", "lens"),
            properties={"artist": "Me", "mood": "calm"},
        ),
    )
    job = work(job)
    assert job.status == "completed", job.error_detail
    entry = Entry.objects.get(uuid=job.result["entry_id"])
    assert (entry.title, entry.library, entry.subfolder) == (
        "A better title",
        talks,
        "Physics/Light",
    )
    assert entry.edited_fields == ["title"]
    tags = {tag.tag.name: tag.source for tag in entry.entry_tags.select_related("tag")}
    assert tags == {"optics": "platform", "lens": "user"}
    said = {one.key: (one.value, one.source) for one in entry.properties.all()}
    assert said == {"artist": ("Me", "user"), "mood": ("calm", "user")}
    assert not held_folder(item).exists()
    item.refresh_from_db()
    assert (item.decision, item.existing, item.decided_by) == (Decision.APPROVED, entry, editor)
    filing = Filing.objects.get(entry=entry)
    assert (filing.way, filing.confidence) == (FilingWay.APPROVED, 0.6)
    rule = Rule.objects.get(channel_id="UC1")
    assert (rule.library, rule.yes, rule.subfolder, rule.tags) == (
        talks,
        1,
        "Physics/Light",
        ["lens"],
    )


def test_an_item_is_decided_once(editor: User, talks: Library) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)])
    services.approve(user=editor, item=item)
    with pytest.raises(errors.AlreadyDecided):
        services.approve(user=editor, item=item)
    with pytest.raises(errors.AlreadyDecided):
        services.reject(user=editor, item=item)
    assert Job.objects.filter(kind="file").count() == 1


def test_approving_needs_a_library_that_may_be_edited(
    editor: User, talks: Library, viewer: User
) -> None:
    bare = make_item(owner=editor)
    with pytest.raises(errors.LibraryNeeded):
        services.approve(user=editor, item=bare)
    foreign = make_library(is_private=True)
    with pytest.raises(NotAllowed):
        services.approve(user=editor, item=bare, library=foreign)
    bare.refresh_from_db()
    assert bare.decision == Decision.OPEN


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Given(title=" "), "title"),
        (Given(title="x" * 501), "title"),
        (Given(subfolder="a/../b"), "subfolder"),
        (Given(tags=("x" * 101,)), "tags"),
        (Given(properties={"k" * 61: "v"}), "properties"),
    ],
    ids=["blank", "long", "climbing", "tag", "property"],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_lost(
    editor: User, talks: Library, given: Given, field: str
) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)])
    with pytest.raises(Invalid) as refused:
        services.approve(user=editor, item=item, given=given)
    assert refused.value.details["field"] == field
    item.refresh_from_db()
    assert item.decision == Decision.OPEN
    assert held_folder(item).is_dir()


def test_a_rejected_item_keeps_its_files_for_a_day_and_can_be_taken_back(
    editor: User, talks: Library
) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)], channel_id="UC1")
    with leaving("inbox.rejected"):
        services.reject(user=editor, item=item)
    assert held_folder(item).is_dir()
    assert Rule.objects.get(channel_id="UC1").no == 1
    services.sweep_held()
    with leaving("inbox.reopened"):
        services.take_back(user=editor, item=item)
    item.refresh_from_db()
    assert (item.decision, item.decided_by) == (Decision.OPEN, None)
    services.reject(user=editor, item=item)
    long_ago = item.created_at - 2 * services.KEPT_FOR
    InboxItem.objects.update(decided_at=long_ago)
    services.sweep_held()
    assert not held_folder(item).exists()
    with pytest.raises(errors.HeldFilesGone):
        services.take_back(user=editor, item=item)


def test_what_was_filed_already_is_approved_where_it_is_or_rejected_into_the_trash(
    editor: User, talks: Library
) -> None:
    kept, refused = filed(editor, talks), filed(editor, talks)
    for entry in (kept, refused):
        services.undo_decision(user=editor, entry=entry)
    item = InboxItem.objects.get(existing=kept)
    with leaving("inbox.approved"):
        services.approve(user=editor, item=item, library=talks, given=Given(title="Stays"))
    item = InboxItem.objects.get(existing=refused)
    with leaving("entry.trashed"):
        services.reject(user=editor, item=item)
        with pytest.raises(errors.AlreadyDecided):
            services.reject(user=editor, item=item)
    kept.refresh_from_db()
    refused.refresh_from_db()
    assert (kept.title, kept.deleted_at) == ("Stays", None)
    assert refused.deleted_at is not None


def test_rejecting_at_once_removes_the_files(editor: User) -> None:
    item = make_item(owner=editor)
    services.reject(user=editor, item=item, at_once=True)
    assert not held_folder(item).exists()


def test_files_that_are_gone_are_fetched_again_if_their_address_is_known(
    editor: User, talks: Library
) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)])
    services.change(user=editor, item=item, given=Given(title="Mine"))
    for path in held_folder(item).rglob("*.mp4"):
        path.unlink()
    job = services.approve(user=editor, item=item)
    assert job is not None
    assert (job.kind, job.library) == ("import", "talks")
    assert job.params["given"] == {"title": "Mine"}
    item.refresh_from_db()
    assert item.decision == Decision.SUPERSEDED
    upload = make_item(owner=editor, ranked=[(talks, 0.6)], holds=True)
    upload.proposal["url"] = ""
    upload.save()
    for path in held_folder(upload).rglob("*.mp4"):
        path.unlink()
    with pytest.raises(errors.HeldFilesGone):
        services.approve(user=editor, item=upload)


def test_all_above_a_threshold_are_filed_and_the_others_wait(
    editor: User, talks: Library, kitchen: Library
) -> None:
    sure = [make_item(owner=editor, ranked=[(talks, 0.9)]) for _number in range(3)]
    make_item(owner=editor, ranked=[(talks, 0.84)])
    make_item(owner=editor, kind=InboxKind.DUPLICATE, existing=make_entry(library=talks))
    assert services.approve_all(user=editor, threshold=0.85) == (3, 0)
    waiting = InboxItem.objects.filter(decision=Decision.OPEN)
    assert waiting.count() == 2
    assert {job.params["item"] for job in Job.objects.filter(kind="file")} == {
        str(item.uuid) for item in sure
    }


def test_a_duplicate_found_at_approval_waits_again_as_one(editor: User, talks: Library) -> None:
    entry = make_entry(library=talks, content=b"the same bytes")
    item = make_item(owner=editor, ranked=[(talks, 0.6)], content=b"the same bytes")
    job = work(services.approve(user=editor, item=item))
    assert job.result == {"inbox_id": str(item.uuid)}
    item.refresh_from_db()
    assert (item.kind, item.decision, item.existing) == (InboxKind.DUPLICATE, "open", entry)
    assert held_folder(item).is_dir()
    services.approve(user=editor, item=item)
    assert not held_folder(item).exists()
    assert Entry.objects.count() == 1


def test_a_filing_that_fails_lets_the_item_wait_again(editor: User, talks: Library) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)])
    job = services.approve(user=editor, item=item)
    for path in held_folder(item).rglob("*.mp4"):
        path.unlink()
    assert work(job).status == "failed"
    item.refresh_from_db()
    assert item.decision == Decision.OPEN


def test_a_duplicate_can_be_linked_so_that_its_address_is_known(
    editor: User, talks: Library
) -> None:
    entry = make_entry(library=talks)
    item = make_item(owner=editor, library=talks, kind=InboxKind.DUPLICATE, existing=entry)
    with leaving("inbox.approved"):
        services.link(user=editor, item=item)
    assert known_source(editor, normalized_url=item.proposal["normalized_url"]) == entry
    assert not held_folder(item).exists()
    item.refresh_from_db()
    assert item.decision == Decision.APPROVED


def test_a_duplicate_can_take_the_place_of_the_old_file(editor: User, talks: Library) -> None:
    entry = make_entry(library=talks, content=b"old bytes", poster=b"old picture")
    old = entry.files.get(role=FileRole.ORIGINAL)
    item = make_item(
        owner=editor,
        library=talks,
        kind=InboxKind.DUPLICATE,
        existing=entry,
        content=b"new and better bytes",
    )
    with leaving("inbox.approved"):
        asked = services.replace(user=editor, item=item)
    job = work(asked)
    assert job.status == "completed", job.error_detail
    now = entry.files.get(role=FileRole.ORIGINAL)
    root = Path(django_settings.ROOTS[now.root])
    assert (root / now.path).read_bytes() == b"new and better bytes"
    assert not (root / old.path).exists()
    assert not entry.files.filter(role=FileRole.POSTER).exists()
    assert Entry.objects.get() == entry
    assert not held_folder(item).exists()


def test_both_versions_can_be_kept(editor: User, talks: Library) -> None:
    entry = make_entry(library=talks)
    item = make_item(owner=editor, library=talks, kind=InboxKind.DUPLICATE, existing=entry)
    assert work(services.keep_both(user=editor, item=item)).status == "completed"
    assert Entry.objects.filter(library=talks).count() == 2


def test_only_duplicates_are_linked_or_replaced(editor: User, talks: Library) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.5)])
    for verb in (services.link, services.replace, services.keep_both):
        with pytest.raises(errors.NotForThisItem):
            verb(user=editor, item=item)


def filed(user: User, library: Library, **facts: Any) -> Entry:
    """An entry that was filed by itself."""
    entry = make_entry(library=library, channel_id="UC1", uploader="Lab", **facts)
    record_filing(
        entry=entry,
        user=user,
        way=FilingWay.AUTOMATIC,
        confidence=0.9,
        reasons=[{"code": "channel", "value": "Lab", "yes": 3, "of": 3}],
    )
    return entry


def test_an_automatic_filing_is_undone_into_another_library_and_learned(
    editor: User, talks: Library, kitchen: Library
) -> None:
    for _number in range(3):
        entry = filed(editor, talks)
    with leaving("entry.moved"):
        services.undo_decision(user=editor, entry=entry, library=kitchen)
    entry.refresh_from_db()
    assert entry.library == kitchen
    counted = {
        rule.library.slug: (rule.yes, rule.no) for rule in Rule.objects.filter(channel_id="UC1")
    }
    assert counted == {"talks": (2, 1), "kitchen": (1, 0)}
    with pytest.raises(errors.NotFiledByItself):
        services.undo_decision(user=editor, entry=entry, library=talks)


def test_an_automatic_filing_is_undone_into_the_inbox_and_decided_there(
    editor: User, talks: Library, kitchen: Library
) -> None:
    entry = filed(editor, talks)
    with leaving("inbox.reopened"):
        services.undo_decision(user=editor, entry=entry)
    item = InboxItem.objects.get()
    assert (item.existing, item.held, item.decision) == (entry, "", Decision.OPEN)
    given = Given(title="Named anew", tags=("steam",), properties={"mood": "warm"})
    with leaving("inbox.approved"):
        services.approve(user=editor, item=item, library=kitchen, given=given)
    entry.refresh_from_db()
    assert (entry.library, entry.title) == (kitchen, "Named anew")
    assert [link.tag.name for link in entry.entry_tags.filter(hidden=False)] == ["steam"]
    assert {one.key: one.value for one in entry.properties.all()} == {"mood": "warm"}
    assert Rule.objects.get(channel_id="UC1", library=kitchen).yes == 1
    assert Rule.objects.get(channel_id="UC1", library=talks).yes == 0


def test_what_a_person_chose_is_not_undone_as_automatic(editor: User, talks: Library) -> None:
    entry = make_entry(library=talks)
    record_filing(entry=entry, user=editor, way=FilingWay.CHOSEN)
    with pytest.raises(errors.NotFiledByItself):
        services.undo_decision(user=editor, entry=entry)
    with pytest.raises((NotAllowed, MayNotEdit)):
        services.undo_decision(user=make_user(role="viewer"), entry=filed(editor, talks))


def test_an_entry_that_was_moved_by_hand_counts_where_it_is(
    editor: User, talks: Library, kitchen: Library
) -> None:
    entry = filed(editor, talks)
    move_entries(user=editor, entries=[entry], library=kitchen)
    assert Rule.objects.get(channel_id="UC1", library=kitchen).yes == 1
    assert Rule.objects.get(channel_id="UC1", library=talks).yes == 0
    assert not notice_move(entry.pk)


def test_a_decision_is_proposed_to_what_still_waits(
    editor: User, talks: Library, kitchen: Library
) -> None:
    first = make_item(owner=editor, ranked=[(talks, 0.3)], channel_id="UC1", uploader="Lab")
    later = make_item(owner=editor, ranked=[(talks, 0.3)], channel_id="UC1", uploader="Lab")
    work(services.approve(user=editor, item=first, library=kitchen))
    later.refresh_from_db()
    assert later.proposal["ranked"][0]["library_id"] == "kitchen"
    assert later.confidence > 0.7


def test_the_sweep_removes_what_nobody_needs_and_lets_failed_filings_wait(
    editor: User, talks: Library
) -> None:
    orphan = make_item(owner=editor)
    folder = held_folder(orphan)
    orphan.delete()
    stuck = make_item(owner=editor, ranked=[(talks, 0.6)])
    InboxItem.objects.filter(pk=stuck.pk).update(decision=Decision.APPROVED)
    services.sweep()
    assert not folder.exists()
    stuck.refresh_from_db()
    assert stuck.decision == Decision.OPEN
    assert held_folder(stuck).is_dir()


def test_stored_files_are_only_what_rows_say(editor: User, talks: Library) -> None:
    item = make_item(owner=editor, ranked=[(talks, 0.6)])
    work(services.approve(user=editor, item=item))
    root = Path(django_settings.ROOTS[item.root])
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert there == set(EntryFile.objects.values_list("path", flat=True))
