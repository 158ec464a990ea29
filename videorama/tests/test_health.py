"""Health: good when it can serve and work, reasons for administrators only."""

import pytest
import requests
from django.test import Client


@pytest.mark.django_db
def test_without_workers_it_is_not_healthy_and_strangers_learn_no_more(client, viewer, bearer):
    assert client.get("/health").status_code == 503
    for headers in ({}, bearer(viewer), {"Authorization": "Bearer wrong"}):
        assert client.get("/health", headers=headers).json() == {"status": "unavailable"}


@pytest.mark.django_db
def test_administrators_learn_the_reasons(client, admin, bearer, media_root):
    media_root.mkdir()
    found = client.get("/health", headers=bearer(admin)).json()
    assert found["checks"] == {"database": True, "worker": False, "disk": True}
    assert {"videorama", "python", "django", "yt-dlp", "ffmpeg"} <= set(found["versions"])
    assert found["versions"]["ffmpeg"] and found["disk"]["media"]["free_bytes"] > 0
    assert found["jobs"]["pending"] == 0


@pytest.mark.django_db
def test_a_root_that_takes_no_files_is_told(client, admin, settings, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    settings.ROOTS = {"media": blocked / "media"}
    client.force_login(admin)
    assert client.get("/health").json()["checks"]["disk"] is False


@pytest.mark.django_db
def test_health_asks_nobody_to_sign_in_and_is_never_kept():
    response = Client().get("/health")
    assert "no-store" in response["Cache-Control"]
    assert Client().head("/health").status_code == response.status_code


@pytest.mark.journey
def test_the_running_program_is_healthy(live_app):
    answer = requests.get(f"{live_app.url}/health", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    headers = {"Authorization": f"Bearer {live_app.token}"}
    found = requests.get(f"{live_app.url}/health", headers=headers, timeout=10).json()
    assert all(found["checks"].values())


@pytest.mark.journey
def test_the_running_program_answers_only_under_private_names(live_app):
    for host, status in (("evil.example", 400), ("nas.local", 200), ("localhost", 200)):
        answer = requests.get(f"{live_app.url}/login", headers={"Host": host}, timeout=10)
        assert answer.status_code == status
