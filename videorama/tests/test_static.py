"""Static files: hashed after collecting, plain before, served by the program itself."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from videorama.storage import HashedStaticFiles

HASHED = re.compile(r"\.[0-9a-f]{12}\.(css|js|svg)$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Everything collected into a folder of its own."""
    folder = tmp_path_factory.mktemp("static")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staticfiles_storage, "_wrapped", HashedStaticFiles(location=folder))
        call_command("collectstatic", interactive=False, verbosity=0)
    return HashedStaticFiles(location=folder), folder


def test_collecting_hashes_every_file_of_ours(collected):
    storage, folder = collected
    for name in ("css/app.css", "js/app.js", "img/icons.svg", "admin/css/base.css"):
        hashed = storage.stored_name(name)
        assert HASHED.search(hashed) and (folder / hashed).is_file()
        assert storage.url(name) == f"/static/{hashed}"


def test_style_sheets_and_modules_point_to_hashed_files(collected):
    storage, folder = collected
    for name in ("css/app.css", "js/app.js"):
        text = (folder / storage.stored_name(name)).read_text("utf-8")
        targets = re.findall(r"""(?:url\(|from\s*|import\s*)["']([./][^"']+)["']""", text)
        for target in targets:
            assert HASHED.search(target), f"{name} points to {target}"
            assert (Path(folder / name).parent / target).resolve().is_file()


def test_a_file_that_was_not_collected_keeps_its_name(tmp_path):
    storage = HashedStaticFiles(location=tmp_path)
    assert storage.url("css/app.css") == "/static/css/app.css"
    assert storage.url("no/such.css") == "/static/no/such.css"


@pytest.mark.parametrize("path", ["/static/css/app.css", "/static/img/icons.svg"])
def test_static_files_need_no_sign_in_and_no_collecting(db, path):
    response = Client().get(path)
    assert response.status_code == 200 and response.content and not response.streaming


def test_a_part_of_a_static_file_can_be_asked_for(client, db):
    whole = client.get("/static/img/icons.svg").content
    part = client.get("/static/img/icons.svg", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])


def test_a_static_file_can_be_looked_at_without_its_body(client, db):
    answer = client.head("/static/img/icons.svg")
    assert answer.status_code == 200 and int(answer["Content-Length"]) > 0 and not answer.content


def test_a_missing_static_file_is_not_found(client, db):
    assert client.get("/static/no/such.css").status_code == 404
