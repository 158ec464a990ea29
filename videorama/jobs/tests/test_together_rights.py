"""What is drawn for many pages in one go is what each of them would get alone."""

import asyncio
from collections.abc import Callable
from itertools import product

import pytest
from asgiref.sync import sync_to_async
from django.utils import translation

from library.tests.factories import make_library
from videorama.accounts.models import Role, User
from videorama.jobs.fragments import PageView, Pen, drawn
from videorama.jobs.models import Job, JobLog, JobStatus

pytestmark = pytest.mark.django_db(transaction=True)
LANGUAGES = ("en", "de")


type Page = tuple[User, bytes, str]


def people() -> list[User]:
    """Of each kind, two administrators, and one who was switched off."""
    roles = [Role.ADMIN, Role.EDITOR, Role.VIEWER, Role.EDITOR, Role.ADMIN]
    found = [User.objects.create(username=f"user{n}", role=role) for n, role in enumerate(roles)]
    return [*found, User.objects.create(username="off", role=Role.ADMIN, is_active=False)]


def world() -> tuple[list[Page], list[Job]]:
    """Pages of these people in two languages, and jobs of each of them in each library."""
    users = people()
    shelves = [make_library(owner=users[1], is_private=True), make_library(owner=users[0])]
    jobs = [
        Job.objects.create(
            kind="import",
            title=f"Title {owner} in {place}",
            owner=owner,
            library=place,
            status=JobStatus.RUNNING,
            stage="download",
            error_detail="For administrators",
        )
        for owner, place in product([*users[:4], None], ["", *(one.slug for one in shelves)])
    ]
    for job in jobs:
        JobLog.objects.create(job=job, seq=1, message=f"Line of {job.title}")
    # Of the first editor, in the public library.
    view = f"views=cards,rows,job:{jobs[5].uuid}".encode()
    return list(product(users, [view], LANGUAGES)), jobs


def drawing(page: Page, jobs: list[Job]) -> Callable[[Pen], list[str]]:
    """What a page is sent when it comes, and after all jobs have changed."""
    view = PageView(page[0], page[1])
    return lambda pen: view.everything(pen) + view.changed(pen, [job.pk for job in jobs])


def alone(pages: list[Page], jobs: list[Job]) -> list[list[str]]:
    """The same, with nothing shared."""
    found = []
    for page in pages:
        with translation.override(page[2]):
            found.append(drawing(page, jobs)(Pen()))
    return found


async def test_each_page_gets_what_its_reader_may_see_in_its_language() -> None:
    pages, jobs = await sync_to_async(world)()
    wishes = [drawn.ask((page[2], drawing(page, jobs))) for page in pages]
    together = await asyncio.gather(*wishes)
    assert together == await sync_to_async(alone)(pages, jobs)
    shown: dict[str, set[str]] = {user.username: set() for user, _view, _language in pages}
    for (user, _view, _language), fragments in zip(pages, together, strict=True):
        text = "".join(fragments)
        shown[user.username] |= {job.title for job in jobs if f">{job.title}<" in text}
    counts = {name: len(titles) for name, titles in shown.items()}
    # Own ones, those of a library that one may edit, all.
    all_, own, in_public, in_both = len(jobs), 3, 4, 8
    assert counts == {
        "user0": all_,
        "user1": own + in_both,
        "user2": own,
        "user3": own + in_public,
        "user4": all_,
        "off": 0,
    }
