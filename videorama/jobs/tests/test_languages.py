"""Jobs speak the language of whom they are for, pages that of who looks."""

import pytest
from asgiref.sync import sync_to_async
from django.utils.translation import gettext

from videorama.accounts import services as accounts
from videorama.accounts.models import User
from videorama.jobs import services
from videorama.jobs.models import JobLog
from videorama.jobs.tests.works import Steered, make_job
from videorama.tests.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)


def make_user(language: str) -> User:
    """Somebody who chose this language, or none."""
    return User.objects.create(username="ada", role="editor", language=language)


def test_the_log_of_a_job_is_in_the_language_of_its_owner(work: Steered) -> None:
    job = make_job(owner=make_user("de"))
    services.run(job.pk, lambda run: run.log(gettext("Saved.")))
    assert "Gespeichert." in JobLog.objects.filter(job=job).values_list("message", flat=True)


@pytest.mark.parametrize(("chosen", "said"), [("", "1 en curso"), ("de", "1 offen")])
async def test_fragments_are_in_the_language_of_the_page_they_go_to(
    work: Steered, chosen: str, said: str
) -> None:
    user = await sync_to_async(make_user)(chosen)
    _, token = await sync_to_async(accounts.create_token)(user=user, name="x")
    await sync_to_async(make_job)(owner=user)
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"accept-language", b"es")]
    async with Socket("/ws/pages?views=rows", *headers) as socket:
        assert said in await socket.text()
