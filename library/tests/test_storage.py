"""Looking through the storage: folders only, inside the roots only, nothing that is somebody's."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from library.queries import browse
from library.tests.factories import make_library, make_user
from videorama.accounts.models import Role, User
from videorama.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
URL = "/api/v1/libraries/browse"


@pytest.fixture
def tree(media_root: Path, tmp_path: Path) -> Path:
    """Folders, a file, hidden ones, and links that lead elsewhere."""
    for folder in ("music/jazz/live", "music/rock", "films", ".videorama/trash", "a & b/ü"):
        (media_root / folder).mkdir(parents=True)
    (media_root / "film.mp4").write_bytes(b"x")
    (tmp_path / "outside/secret").mkdir(parents=True)
    (media_root / "link").symlink_to(tmp_path / "outside")
    (media_root / "inner").symlink_to(media_root / "music")
    return media_root


def test_a_folder_tells_its_folders_with_counts_and_its_parent(
    tree: Path, client: Client, bearer: Callable[[User], dict[str, str]]
) -> None:
    headers = bearer(make_user())
    top = client.get(URL, headers=headers).json()
    assert (top["root"], top["path"], top["parent"], top["count"]) == ("media", "", None, 3)
    assert top["items"] == [
        {"name": "a & b", "path": "a & b", "child_count": 1},
        {"name": "films", "path": "films", "child_count": 0},
        {"name": "music", "path": "music", "child_count": 2},
    ]
    inner = client.get(URL, {"path": "music/jazz"}, headers=headers).json()
    assert (inner["parent"], [one["path"] for one in inner["items"]]) == (
        "music",
        ["music/jazz/live"],
    )
    first = client.get(URL, {"limit": 2}, headers=headers).json()
    rest = client.get(URL, {"limit": 2, "after": first["next"]}, headers=headers).json()
    assert [one["name"] for one in rest["items"]] == ["music"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("..", Invalid),
        ("music/../..", Invalid),
        ("music//jazz", Invalid),
        ("a\0b", Invalid),
        ("music\\jazz", Invalid),
        ("link", Invalid),
        ("link/secret", Invalid),
        ("inner", NotFound),
        ("inner/jazz", NotFound),
        ("film.mp4", NotFound),
        (".videorama", NotFound),
        ("nowhere", NotFound),
        ("x" * 900, NotFound),
    ],
)
def test_no_path_leads_out_of_the_storage(tree: Path, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        browse(make_user(role=Role.ADMIN), path=path)


def test_folders_of_libraries_one_may_not_see_do_not_exist(tree: Path) -> None:
    shelf = make_library(is_private=True, folder="music/jazz")
    stranger, owner = make_user(), shelf.owner
    assert [one.name for one in browse(stranger, path="music").items] == ["rock"]
    assert next(one for one in browse(stranger).items if one.name == "music").child_count == 1
    for path in ("music/jazz", "music/jazz/live"):
        with pytest.raises(NotFound):
            browse(stranger, path=path)
    assert [one.name for one in browse(owner, path="music").items] == ["jazz", "rock"]
    with pytest.raises(NotAllowed):
        browse(make_user(role=Role.VIEWER))
    with pytest.raises(Invalid):
        browse(owner, root="elsewhere")
