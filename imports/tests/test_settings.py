"""What administrators set holds where imports are made, from the next one on."""

import pytest
from django.test import Client

from imports import deciding, services
from imports.proposals import Facts
from library.queries import default_library_for, trash_days
from library.tests.factories import make_entry, make_library, make_user
from videorama.accounts.models import User
from videorama.preferences import services as preferences

pytestmark = pytest.mark.django_db


def set_to(**values: object) -> None:
    """Sets `downloader_proxy` as downloader.proxy, and so on."""
    changes = {name.replace("_", ".", 1): value for name, value in values.items()}
    preferences.save(user=None, changes=changes)


def test_without_a_proxy_downloads_go_the_direct_way() -> None:
    assert services.network_policy().proxy == ""


def test_a_proxy_is_used_with_its_name_and_password() -> None:
    set_to(downloader_proxy="http://proxy.example.org:3128")
    assert services.network_policy().proxy == "http://proxy.example.org:3128"
    set_to(downloader_proxy_user="me@home", downloader_proxy_password="a/b:c d")
    policy = services.network_policy()
    assert policy.proxy == "http://me%40home:a%2Fb%3Ac%20d@proxy.example.org:3128"
    assert "a%2Fb" not in repr(policy)
    assert policy.without_password("tried a/b:c d") == "tried ***"


def test_a_speed_limit_holds_in_bytes_and_none_is_none() -> None:
    assert services.download_limits().rate_bytes_s is None
    set_to(downloader_rate_limit="2.5")
    assert services.download_limits().rate_bytes_s == 2_500_000


def test_the_usual_format_is_taken_when_nobody_chooses() -> None:
    editor = make_user(role="editor")
    set_to(downloader_preset="audio_med")
    job = services.request_import(user=editor, url="https://example.org/a.mp4")
    assert job.params["preset"] == "audio_med"
    job = services.request_import(user=editor, url="https://example.org/a.mp4", preset="video_low")
    assert job.params["preset"] == "video_low"


def test_the_usual_library_takes_what_has_none_from_those_who_may_edit_it() -> None:
    editor, other = make_user(role="editor"), make_user(role="editor")
    make_library(slug="videos", owner=other)
    private = make_library(slug="mine", owner=editor, is_private=True)
    set_to(general_default_library="mine")
    assert default_library_for(editor) == private
    found = default_library_for(other)
    assert found is not None and found.slug == "videos"
    make_library(slug="more", owner=other)
    unknown = Facts(title="Nothing like it")
    assert deciding.proposal_for(editor, unknown).library == private
    assert deciding.proposal_for(editor, unknown).is_sure
    assert not deciding.proposal_for(other, unknown).is_sure


def test_the_days_in_the_trash_are_those_that_were_set() -> None:
    assert trash_days() == 30
    set_to(storage_trash_days=7)
    assert trash_days() == 7


def test_the_first_steps_go_when_they_are_done(client: Client, admin: User) -> None:
    client.force_login(admin)

    def steps() -> str:
        return client.get("/").content.decode()

    assert "First steps" in steps() and "Make a library" in steps()
    library = make_library(owner=admin)
    set_to(downloader_preset="video_max")
    make_user()
    assert "Import something" in steps() and steps().count(">Done<") == 3
    make_entry(library=library)
    assert "First steps" not in steps()


def test_the_first_steps_are_put_away_and_are_for_administrators(
    client: Client, admin: User, viewer: User
) -> None:
    client.force_login(viewer)
    assert "First steps" not in client.get("/").content.decode()
    client.force_login(admin)
    assert client.post("/settings/first-steps/dismiss/").status_code == 302
    assert "First steps" not in client.get("/").content.decode()
