"""The report an operator is asked for: true, complete, and without secrets."""

import sqlite3

import pytest
from django.core.management import call_command
from django.utils import timezone

from videorama import diagnostics
from videorama.jobs.models import Job, JobStatus, Queue
from videorama.preferences import services as preferences
from videorama.tests.services import is_scale

pytestmark = pytest.mark.django_db
SECRET = "sk-1234567890-abcdefgh"


def printed(capsys) -> str:
    call_command("diagnose")
    return capsys.readouterr().out


def test_the_command_prints_what_the_page_shows_to_copy(admin, client, capsys, media_root):
    media_root.mkdir()
    client.force_login(admin)
    page = client.get("/settings/diagnostics/").context["text"]
    clock = "  Clock: "
    assert [line for line in page.splitlines() if not line.startswith(clock)] == [
        line for line in printed(capsys).splitlines() if not line.startswith(clock)
    ]
    for name in ("python", "django", "yt-dlp", "ffmpeg", "node", "system"):
        assert f"  {name}: " in page
    assert ("  postgresql: " if is_scale() else f"  sqlite: {sqlite3.sqlite_version}") in page
    assert "  Migrations: all applied" in page and "  Root media: " in page


def test_secrets_are_masked_in_it(admin, capsys):
    preferences.save(
        user=admin,
        changes={"providers.llm_api_key": SECRET, "downloader.proxy_password": "short-one"},
    )
    told = printed(capsys)
    assert "providers.llm_api_key: sk-1********fgh (stored)" in told
    assert "downloader.proxy_password: ******** (stored)" in told
    assert SECRET not in told and "short" not in told


def test_what_needs_somebody_is_marked(settings, capsys, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    settings.ROOTS = {"media": blocked / "media"}
    failed = {"kind": "import", "queue": Queue.HEAVY, "title": "A private title"}
    Job.objects.create(
        **failed, status=JobStatus.FAILED, ended_at=timezone.now(), error_code="not_found",
        error_message="There is nothing at this address.",
    )  # fmt: skip
    Job.objects.create(**failed)
    told = printed(capsys)
    assert f"! Root media: {blocked}/media takes no files" in told
    assert "import, not_found: There is nothing at this address." in told
    assert "  Waiting: 1" in told and "Waits longest: 0" in told
    assert "A private title" not in told


def test_the_version_is_for_all_and_its_parts_for_administrators(client, admin, viewer, bearer):
    told = client.get("/api/v1/version", headers=bearer(viewer)).json()
    assert told["version"] and told["components"] is None
    told = client.get("/api/v1/version", headers=bearer(admin)).json()
    assert told["components"] == diagnostics.versions()
    assert told["components"]["videorama"] == told["version"]
