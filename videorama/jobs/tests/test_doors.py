"""Pages, fragments and API of jobs."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from videorama.accounts import services as accounts
from videorama.accounts.models import Role, User
from videorama.jobs import claims
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.tests.works import Steered, make_job

pytestmark = pytest.mark.django_db
DOCUMENT = {
    "id",
    "kind",
    "status",
    "stage",
    "progress",
    "message",
    "created_at",
    "started_at",
    "ended_at",
    "error",
    "result",
}


@pytest.fixture
def ada() -> User:
    """An editor."""
    return User.objects.create(username="ada", role=Role.EDITOR)


@pytest.fixture
def bob() -> User:
    """A stranger to ada's jobs."""
    return User.objects.create(username="bob", role=Role.EDITOR)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Api:
    """Requests with a token."""

    def __init__(self, user: User) -> None:
        _, token = accounts.create_token(user=user, name="test")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client = Client()

    def __call__(self, method: str, path: str, **query: Any) -> Any:
        call = getattr(self._client, method)
        return call(f"/api/v1/jobs{path}", query_params=query, headers=self._headers)


def test_the_job_is_the_agreed_object(ada: User, work: Steered) -> None:
    job = make_job(owner=ada)
    answer = Api(ada)("get", f"/{job.uuid}")
    assert answer.status_code == 200 and set(answer.json()) == DOCUMENT
    assert answer.json()["id"] == str(job.uuid) and answer.json()["error"] is None
    assert answer.json()["result"] == {} and answer.json()["progress"] == 0


def test_a_failed_job_says_why(ada: User, work: Steered) -> None:
    job = make_job(owner=ada)
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.FAILED, error_code="private", error_message="Private.", error_detail="x"
    )
    assert Api(ada)("get", f"/{job.uuid}").json()["error"] == {
        "code": "private",
        "message": "Private.",
    }


def test_lists_filter_by_status_and_kind_and_go_on_with_next(ada: User, work: Steered) -> None:
    api = Api(ada)
    jobs = [make_job(owner=ada, title=str(number)) for number in range(5)]
    quick = make_job(owner=ada, kind="quick_test")
    Job.objects.filter(pk=jobs[0].pk).update(status=JobStatus.FAILED)
    assert api("get", "", status="failed").json()["count"] == 1
    both = api("get", "", status=["failed", "pending"]).json()
    assert both["count"] == 6 and both["items"][0]["id"] == str(quick.uuid)
    assert api("get", "", kind="quick_test").json()["count"] == 1
    assert api("get", "", status="nonsense").status_code == 422
    first = api("get", "", limit=4).json()
    second = api("get", "", limit=4, after=first["next"]).json()
    assert len(first["items"]) == 4 and len(second["items"]) == 2 and second["next"] is None


def test_the_log_goes_on_after_the_last_known_line(ada: User, work: Steered) -> None:
    job = make_job(owner=ada)
    for number in range(5):
        claims.add_line(job.pk, f"line {number}")
    first = Api(ada)("get", f"/{job.uuid}/logs", limit=3).json()
    assert [line["seq"] for line in first["items"]] == [1, 2, 3] and first["next"] == "3"


def test_cancel_retry_and_delete_follow_the_state(ada: User, work: Steered) -> None:
    api = Api(ada)
    job = make_job(owner=ada)
    assert api("delete", f"/{job.uuid}").status_code == 409
    assert api("post", f"/{job.uuid}/retry").json()["error"]["code"] == "job_not_retryable"
    cancelled = api("post", f"/{job.uuid}/cancel")
    assert cancelled.status_code == 202 and cancelled.json()["job"]["status"] == "cancelled"
    assert api("post", f"/{job.uuid}/cancel").status_code == 409
    assert api("post", f"/{job.uuid}/retry").json()["job"]["status"] == "pending"
    api("post", f"/{job.uuid}/cancel")
    assert api("delete", f"/{job.uuid}").status_code == 204
    assert not Job.objects.filter(pk=job.pk).exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("get", "/logs"), ("post", "/cancel"), ("post", "/retry"), ("delete", "")],
)
def test_a_foreign_job_does_not_exist_in_the_api(
    ada: User, bob: User, work: Steered, method: str, path: str
) -> None:
    job = make_job(owner=ada)
    answer = Api(bob)(method, f"/{job.uuid}{path}")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
    assert Job.objects.get(pk=job.pk).status == JobStatus.PENDING


@pytest.mark.parametrize("name", ["job_detail", "row", "detail", "log_text"])
def test_a_foreign_job_has_no_pages(ada: User, bob: User, work: Steered, name: str) -> None:
    job = make_job(owner=ada)
    address = reverse(f"jobs:{name}", args=[job.uuid])
    assert browser_of(ada).get(address).status_code == 200
    assert browser_of(bob).get(address).status_code == 404


@pytest.mark.parametrize("name", ["job_cancel", "job_retry", "job_delete"])
def test_a_foreign_job_cannot_be_changed(ada: User, bob: User, work: Steered, name: str) -> None:
    job = make_job(owner=ada)
    address = reverse(f"jobs:{name}", args=[job.uuid])
    assert browser_of(bob).post(address).status_code == 404
    assert browser_of(bob).get(address).status_code == 405
    assert Job.objects.get(pk=job.pk).status == JobStatus.PENDING


def test_pages_show_own_jobs_with_their_stages_and_lines(
    ada: User, bob: User, work: Steered
) -> None:
    job = make_job(owner=ada, title="Mine <b>")
    make_job(owner=bob, title="Not mine")
    claims.add_line(job.pk, "Something happened")
    page = browser_of(ada).get(reverse("jobs:job_list")).content.decode()
    assert "Mine &lt;b&gt;" in page and "Not mine" not in page
    page = browser_of(ada).get(reverse("jobs:job_detail", args=[job.uuid])).content.decode()
    assert "Something happened" in page and "Second" in page


def test_the_log_is_a_text_file(ada: User, work: Steered) -> None:
    job = make_job(owner=ada)
    claims.add_line(job.pk, "Something happened", stage="first")
    answer = browser_of(ada).get(reverse("jobs:log_text", args=[job.uuid]))
    assert answer["Content-Type"].startswith("text/plain") and "attachment" in str(answer.headers)
    assert "Something happened" in answer.content.decode()


def test_cancel_works_as_a_plain_form_and_with_htmx(ada: User, work: Steered) -> None:
    plain, live = make_job(owner=ada), make_job(owner=ada)
    browser = browser_of(ada)
    answer = browser.post(reverse("jobs:job_cancel", args=[plain.uuid]))
    assert answer.status_code == 302
    answer = browser.post(
        reverse("jobs:job_cancel", args=[live.uuid]), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204 and "videorama:poll" in answer["HX-Trigger"]
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.CANCELLED}


def test_lists_cost_the_same_with_ten_more_rows(ada: User, work: Steered) -> None:
    api, browser = Api(ada), browser_of(ada)
    doors = [
        lambda: api("get", ""),
        lambda: browser.get(reverse("jobs:job_list")),
        lambda: browser.get(reverse("jobs:tray")),
    ]

    def cost(door: Any) -> int:
        with CaptureQueriesContext(connection) as made:
            assert door().status_code == 200
        return len(made)

    for _ in range(9):
        make_job(owner=ada)
    for door in doors:  # the first request also notes when the token was used
        cost(door)
    before = [cost(door) for door in doors]
    for _ in range(10):
        make_job(owner=ada)
    assert [cost(door) for door in doors] == before


def test_the_repair_desk_cancels_and_retries_but_does_not_edit(work: Steered) -> None:
    root = User.objects.create_superuser(username="root", password="a long phrase")
    User.objects.filter(pk=root.pk).update(role=Role.ADMIN)
    browser = browser_of(User.objects.get(pk=root.pk))
    job = make_job()
    claims.add_line(job.pk, "A line")
    address = reverse("admin:jobs_job_changelist")
    assert browser.get(address).status_code == 200
    page = browser.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    assert "A line" in page and 'name="_save"' not in page
    browser.post(address, {"action": "cancel", "_selected_action": [job.pk]})
    assert Job.objects.get(pk=job.pk).status == JobStatus.CANCELLED
    browser.post(address, {"action": "try_again", "_selected_action": [job.pk]})
    assert Job.objects.get(pk=job.pk).status == JobStatus.PENDING
