"""Everything is lost, and a backup that was made while people worked brings it back."""

import hashlib
from base64 import b64encode
from pathlib import Path

import pytest

from videorama.backup.archive import Archive
from videorama.backup.tests import drill
from videorama.tests.fakes.media_site import MediaSite
from videorama.tests.journeys import all_jobs_ended, digest_of_stream, own_clip
from videorama.tests.live import LiveApp
from videorama.tests.waiting import eventually

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

SECRET = "sk-not-for-everybody-0123456789"
TUS = {"Tus-Resumable": "1.0.0"}


def live_in(app: LiveApp, site: MediaSite) -> dict[str, str]:
    """Entries with tags and marks, somebody invited, a secret, half an upload; digests by entry."""
    digests = {}
    for number in (1, 2):
        clip = own_clip(number)
        entry = app.imported(site.add(f"/kept-{number}.mp4", clip, "video/mp4"))
        digests[entry["id"]] = hashlib.sha256(clip).hexdigest()
    first = next(iter(digests))
    secret = {"providers.llm_url": "https://llm.example.org", "providers.llm_api_key": SECRET}
    for method, path, body in (
        ("POST", f"/entries/{first}/tags", {"name": "Kept"}),
        ("PATCH", f"/entries/{first}", {"title": "Größe “1”\t€"}),
        ("PUT", f"/entries/{first}/properties/artist", {"value": "Ünal"}),
        ("POST", "/invites", {"role": "editor", "label": "Eve"}),
        ("PATCH", "/settings", secret),
    ):
        answer = app.api(method, path, body)
        assert answer.status_code < 300, answer.text
    upload(app)
    all_jobs_ended(app)
    return digests


def upload(app: LiveApp) -> None:
    """The first bytes of a file that is longer."""
    name = b64encode(b"half.mp4").decode()
    headers = {**TUS, "Upload-Length": "100000", "Upload-Metadata": f"filename {name}"}
    made = app.api("POST", "/import/upload", headers=headers)
    assert made.status_code == 201, made.text
    sent = app.session.patch(
        f"{app.url}{made.headers['Location']}",
        data=b"x" * 40_000,
        headers={
            **TUS,
            "Authorization": f"Bearer {app.token}",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
        timeout=60,
    )
    assert sent.status_code == 204, sent.text


def changed_meanwhile(before: Archive, after: Archive) -> set[str]:
    """Tables that differ, but for the fact of the restore and the job that was put back."""
    told = drill.facts(after)
    assert told[: before.manifest.parts()["tables/ledger.ledgerevent.jsonl"].rows] == drill.facts(
        before
    )
    assert "backup.restored" in {fact["event"] for fact in told}
    return drill.different_tables(before, after) - drill.CHAIN - {"jobs.job", "jobs.joblog"}


def test_a_backup_of_a_working_server_brings_back_all_that_was_lost(
    live_site: MediaSite, tmp_path: Path
) -> None:
    app = LiveApp.with_admin(tmp_path / "data", VIDEORAMA_ALLOW_PRIVATE=live_site.allow)
    clip = own_clip(3, padding=400_000)
    url = live_site.add("/running.mp4", clip, "video/mp4")
    gate = live_site.hold("/running.mp4", after_bytes=200_000)
    with app:
        digests = live_in(app, live_site)
        running = app.import_url(url)["id"]
        assert gate.reached.wait(60)
        eventually(lambda: app.job(running)["status"] == "running", within=60, what="it runs")
        archive = drill.backed_up(app, tmp_path / "backup.tar.gz")
        refused = app.command("restore", str(archive.path), "--yes")
        assert refused.returncode == 1 and "Stop it first" in refused.stderr
        app.stop()
        gate.open()

        drill.lose_everything(app)
        said = drill.worked(app.command("restore", str(archive.path)))
        assert "0 missing, 0 changed" in said and "entered again" not in said
        again = drill.backed_up(app, tmp_path / "again.tar.gz")
        assert changed_meanwhile(archive, again) == set()
        jobs = [drill.rows(one, "jobs.job") for one in (archive, again)]
        first, second = ([row["uuid"] for row in some] for some in jobs)
        assert first == second
        assert {row["status"] for row in jobs[1] if row["uuid"] == running} == {"pending"}
        drill.worked(app.command("verify_ledger", "--anchor", archive.manifest.ledger))
        drill.worked(app.command("restore", str(archive.path), "--verify", "--hashes"))

        app.start()
        assert {entry["id"] for entry in app.entries()} >= set(digests)
        assert {one: digest_of_stream(app, one) for one in digests} == digests
        assert app.ended_job(running)["status"] == "completed"
        assert app.api("GET", "/settings").text.count("sk-n********789") == 1
