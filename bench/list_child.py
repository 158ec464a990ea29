"""One installation of `bench.lists`: fills its database, then answers lists as it is told.

A line "NAME<tab>COUNT" on stdin asks for one list so often; each answer is one line of JSON.
"""

import json
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "videorama.settings"
django.setup()

from django.conf import settings  # noqa: E402  # Django has to be set up first.
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models.functions import Lower  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench import list_seed  # noqa: E402
from bench.list_seed import COMMON_TAG, COMMON_WORD, RARE_TAG, RARE_WORD  # noqa: E402
from library import queries  # noqa: E402
from library.models import Entry  # noqa: E402
from library.models.entry import length_order  # noqa: E402
from library.queries import EntryFilters  # noqa: E402
from videorama.accounts.models import User  # noqa: E402
from videorama.accounts.services import create_token  # noqa: E402
from videorama.paging import cursor_of  # noqa: E402

type Call = Callable[[], Any]


def main() -> None:
    """Until stdin ends."""
    size = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    began = perf_counter()
    people = list_seed.seed(size)
    seeded = perf_counter() - began
    _answer_hosts()
    lists = _lists(people, size)
    _say({"seeded_s": round(seeded, 1), "names": list(lists)})
    for line in sys.stdin:
        name, count = line.rstrip("\n").split("\t")
        _say(_asked(lists[name], int(count)))


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _answer_hosts() -> None:
    for root in settings.ROOTS.values():
        for index in range(4):
            (root / f"shelf-{index}").mkdir(parents=True, exist_ok=True)


def _asked(call: Call, count: int) -> dict[str, Any]:
    times = []
    for _ in range(count):
        began = perf_counter()
        call()
        times.append(1000 * (perf_counter() - began))
    with CaptureQueriesContext(connection) as asked:
        call()
    return {"ms": times, "queries": len(asked)}


def _lists(people: dict[str, User], size: int) -> dict[str, Call]:
    """Every list by name. Pages are asked as an editor, who must not see everything."""
    pages = {
        "library page": "/",
        "library page, one library": "/libraries/shelf-0/",
        "library page, private library": "/libraries/shelf-3/",
        "library page, by title": "/?sort=title",
        "library page, longest first": "/?sort=longest",
        "library page, one library by title": "/libraries/shelf-0/?sort=title",
        "library page, audio": "/?kind=audio",
        "library page, not watched": "/?unwatched=1",
        "library page, favourites": "/?favorites=1",
        "library page, common tag": f"/?tag={COMMON_TAG}",
        "library page, rare tag": f"/?tag={RARE_TAG}",
        "search page, common word": f"/?q={COMMON_WORD}",
        "search page, rare word": f"/?q={RARE_WORD}",
        "entry page": f"/entries/{Entry.objects.filter(deleted_at=None)[20].uuid}/",
        "tags page": "/tags/",
        "jobs page": "/jobs/",
        "jobs page, failed": "/jobs/?status=failed",
        "inbox": "/inbox/",
        "rules": "/inbox/rules/",
        "trash": "/trash/",
        "notifications": "/notifications/",
    }
    desk = {
        "library page, administrator": "/",
        "jobs page, administrator": "/jobs/",
        "ledger": "/ledger/",
        "ledger of one person": "/ledger/?person=person2",
        "ledger of one thing": f"/ledger/?q={Entry.objects.filter(deleted_at=None)[20].uuid}",
        "ledger warnings": "/ledger/?severity=warning",
        "storage page": "/settings/storage/",
    }
    found = {name: _page(people["person1"], address) for name, address in pages.items()}
    found |= {name: _page(people["person0"], address) for name, address in desk.items()}
    return found | _api(people["person1"]) | _parts(people["person1"])


def _page(person: User, address: str) -> Call:
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    return lambda: _good(client.get(address), address)


def _api(person: User) -> dict[str, Call]:
    base = "/api/v1/entries"
    addresses = {
        "API entries": base,
        "API entries, deep": f"{base}?after={_deep(person, 'newest')}",
        "API entries, oldest": f"{base}?sort=oldest",
        "API entries, by title, deep": f"{base}?sort=title&after={_deep(person, 'title')}",
        "API entries, longest, deep": f"{base}?sort=longest&after={_deep(person, 'longest')}",
        "API entries, one library": f"{base}?library_id=shelf-1",
        "API entries, rare platform": f"{base}?platform=Vimeo",
        "API entries, common platform": f"{base}?platform=youtube",
        "API entries, audio": f"{base}?media_kind=audio",
        "API entries, favourites": f"{base}?favorite=true",
        "API entries, common tag": f"{base}?tag={COMMON_TAG}",
        "API entries, rare tag by title": f"{base}?tag={RARE_TAG}&sort=title",
        "API entries, common tag by title": f"{base}?tag={COMMON_TAG}&sort=title",
        "API search, common word": f"{base}?search={COMMON_WORD}",
        "API search, common word by title": f"{base}?search={COMMON_WORD}&sort=title",
        "API search, common word in a library": f"{base}?search={COMMON_WORD}&library_id=shelf-1",
        "API search, rare word": f"{base}?search={RARE_WORD}",
        "API search, two words": f"{base}?search={COMMON_WORD}+{RARE_WORD}",
        "API search, nothing": f"{base}?search=xylophonists",
        "API libraries": "/api/v1/libraries",
        "API tags": "/api/v1/tags",
    }
    client = Client(SERVER_NAME="localhost")
    bearer = {"Authorization": f"Bearer {create_token(user=person, name='bench')[1]}"}

    def call(address: str) -> Call:
        return lambda: _good(client.get(address, headers=bearer), address)

    return {name: call(address) for name, address in addresses.items()}


def _deep(person: User, sort: str) -> str:
    """A place nine tenths down the list."""
    rows = queries.listed_entries(person, EntryFilters())
    rows = rows.annotate(title_order=Lower("title"), length_order=length_order())
    order = queries.SORTS[sort]
    at = int(rows.count() * 0.9)
    return cursor_of(order, rows.order_by(*order)[at])


def _parts(person: User) -> dict[str, Call]:
    return {
        "continue watching": lambda: queries.continue_watching(person, limit=8),
        "sidebar": lambda: list(queries.shelves_for(person)),
        "figures of all libraries": lambda: list(queries.counted_libraries(person)),
        "completion of a tag": lambda: queries.suggested_tags(person, "ta"),
        "known address": lambda: queries.known_source(
            person,
            normalized_url="https://media.example/none",
            extractor="site",
            source_id="none",
        ),
    }


def _good(response: Any, address: str) -> None:
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")


if __name__ == "__main__":
    main()
