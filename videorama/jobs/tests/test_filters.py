"""The list of jobs shows what is asked for: words, kind, days and status together."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from videorama.jobs.models import Job, JobStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(editor, stranger) -> dict[str, Job]:
    made = {
        "bees": Job(kind="import", title="How bees dance", status=JobStatus.FAILED),
        "glass": Job(kind="import", title="Glass at night", status=JobStatus.COMPLETED),
        "copy": Job(kind="playable", title="Copy: bees", status=JobStatus.COMPLETED),
        "theirs": Job(kind="import", title="Other bees"),
    }
    for name, job in made.items():
        job.owner = stranger if name == "theirs" else editor
        job.save()
    old = timezone.now() - timedelta(days=40)
    Job.objects.filter(pk=made["copy"].pk).update(created_at=old)
    return made


def shown(client: Client, jobs: dict[str, Job], **asked: str) -> set[str]:
    page = client.get("/jobs/", asked)
    assert page.status_code == 200
    found = {item["job"].pk for item in page.context["jobs"]}
    return {name for name, job in jobs.items() if job.pk in found}


def day(ago: int) -> str:
    return f"{timezone.now() - timedelta(days=ago):%Y-%m-%d}"


def test_filters_work_alone_and_together(client, editor, jobs):
    client.force_login(editor)
    number = str(jobs["glass"].uuid)[:8]
    for asked, names in (
        ({}, {"bees", "glass", "copy"}),
        ({"q": "BEES"}, {"bees", "copy"}),
        ({"q": f"#{number}"}, {"glass"}),
        ({"kind": "playable"}, {"copy"}),
        ({"since": day(1)}, {"bees", "glass"}),
        ({"until": day(30)}, {"copy"}),
        ({"since": day(50), "until": day(39)}, {"copy"}),
        ({"q": "bees", "kind": "import", "status": "failed"}, {"bees"}),
        ({"q": "bees", "status": "completed"}, {"copy"}),
        ({"q": "nothing is called this"}, set()),
    ):
        assert shown(client, jobs, **asked) == names, asked


def test_the_status_links_keep_the_other_filters_and_count_by_them(client, editor, jobs):
    client.force_login(editor)
    page = client.get("/jobs/", {"q": "bees", "kind": "import"})
    counts = {one["value"]: one["count"] for one in page.context["statuses"]}
    assert counts == {"": 1, "failed": 1}
    assert 'href="/jobs/?q=bees&amp;kind=import&amp;status=failed"' in page.text
    # What is new would not fit a filtered list.
    assert "data-live-new" not in page.text
    assert "data-live-new" in client.get("/jobs/").text


@pytest.mark.parametrize(
    "asked", [{"since": "yesterday"}, {"until": "2026-02-31"}, {"kind": "dance"}]
)
def test_what_cannot_be_read_is_said_and_filters_nothing(client, editor, jobs, asked):
    client.force_login(editor)
    page = client.get("/jobs/", asked)
    assert page.status_code == 422 and 'class="field-error"' in page.text
    assert len(page.context["jobs"]) == 3
