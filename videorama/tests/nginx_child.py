"""Rows and files of a running program, made and looked at from a process of its own.

Reads one JSON list (name, arguments …) per line and answers with one line of JSON.
"""

import json
import os
import shutil
import sys
from typing import Any

import django

django.setup()

from library.models import DownloadEvent, Entry, FileRole  # noqa: E402
from library.queries import file_path, media_url, playable_file  # noqa: E402
from library.tests.factories import (  # noqa: E402
    PASSWORD,
    make_entry,
    make_file,
    make_library,
    make_user,
)
from library.tests.range_table import MODIFIED, SIZE  # noqa: E402
from videorama.accounts import services as accounts  # noqa: E402
from videorama.accounts.models import User  # noqa: E402

CONTENT = bytes((index * 7 + index // 256) % 256 for index in range(SIZE))


def user(role: str = "viewer") -> dict[str, str]:
    """Somebody with a token and a password."""
    made = make_user(role=role, password=PASSWORD, username=f"{role}-{os.urandom(4).hex()}")
    _row, token = accounts.create_token(user=made, name="test")
    return {"name": made.username, "password": PASSWORD, "token": token}


def entry(
    *, owner: str = "", size: int = -1, root: str = "media", path: str = "", title: str = "Clip"
) -> dict[str, Any]:
    """An entry with every kind of file; private when it has an owner."""
    more = {"owner": User.objects.get(username=owner), "is_private": True} if owner else {}
    slug = f"shelf-{os.urandom(4).hex()}"
    library = make_library(root=root, slug=slug, name=slug, folder=slug, **more)
    made = make_entry(content=CONTENT, library=library, title=title, poster=b"jpeg")
    make_file(made, content=CONTENT[:500], role=FileRole.PLAYABLE, format="mp4")
    words = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n" * 40
    make_file(made, content=words, role=FileRole.SUBTITLE, format="vtt")
    make_file(made, content=b"sprite", role=FileRole.SPRITE, format="jpg")
    place = file_path(playable_file(made))
    if size >= 0:
        os.truncate(place, size)
    os.utime(place, (MODIFIED, MODIFIED))
    if path:
        move(str(made.uuid), f"{library.folder}/{path}")
    names = ("stream", "download", "thumbnail", "files/original", "files/subtitle", "files/sprite")
    return {
        "id": str(made.uuid),
        "library": library.slug,
        **{name: media_url(made, name) for name in names},
    }


def move(entry_id: str, path: str, root: str = "") -> None:
    """Gives the original another place, on disk and in its row."""
    file = playable_file(Entry.objects.get(uuid=entry_id))
    old = file_path(file)
    file.path, file.root = path, root or file.root
    new = file_path(file)
    new.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(old, new)
    file.save()


def item(owner: str) -> str:
    """What waits in the inbox, with its address."""
    from imports.tests.items import make_item

    made = make_item(owner=User.objects.get(username=owner), content=CONTENT)
    return f"/inbox/{made.uuid}/media/original"


def events(entry_id: str) -> list[dict[str, Any]]:
    """What was played and downloaded of an entry, oldest first."""
    rows = DownloadEvent.objects.filter(entry__uuid=entry_id).order_by("pk")
    names = ("format", "bytes_transferred", "completed", "ip_address", "user_agent")
    return list(rows.values(*names))


ACTIONS = {"user": user, "entry": entry, "move": move, "item": item, "events": events}

for line in sys.stdin:
    name, positional, named = json.loads(line)
    print(json.dumps(ACTIONS[name](*positional, **named)), flush=True)  # noqa: T201
