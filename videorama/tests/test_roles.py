"""Every address and every role: the table is complete, and it is what happens."""

import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib import admin as desk
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import get_resolver, resolve

from analytics.tests.factories import make_notification
from imports.models import Rule
from imports.tests.items import make_item
from library import services as library_services
from library.models import BulkChange, BulkKind, FileRole, Library, Tag
from library.tests.factories import make_entry, make_file, make_library
from videorama.accounts import services
from videorama.accounts.models import Session, User
from videorama.api import api
from videorama.asgi import application
from videorama.jobs.models import Job, JobLog, JobStatus
from videorama.tests.role_table import API, BODIES, COLUMNS, PAGES, SOCKETS, rows
from videorama.tests.sockets import Socket

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# These answer every method the same.
ANY_METHOD = {"api/", "api/v1/", "api/<path:rest>", "api/v1/openapi.json"}


# Loading the middleware anew for each of a thousand requests would take most of the time.
HANDLER = ClientHandler(enforce_csrf_checks=False)
ROLES = {"viewer": "viewer", "editor": "editor", "stranger": "editor", "admin": "admin"}


class World:
    """Two libraries of somebody, each with an entry and jobs, and everybody who comes to them."""

    def __init__(self) -> None:
        owner = services.set_role(user=make_person("owner"), role="editor")
        somebody = make_person("somebody")
        self.people: dict[str, User | None] = {"nobody": None, "member": make_person("member")}
        for who, role in ROLES.items():
            self.people[who] = services.set_role(user=make_person(who), role=role)
        members = {somebody: "viewer", self.people["member"]: "editor"}
        public = make_library(owner=owner, members={somebody: "viewer"})
        private = make_library(owner=owner, is_private=True, members=members)
        self.public, self.private = _things_in(public), _things_in(private)
        self.others = {
            "somebody": somebody.username,
            "their_notification": make_notification(owner).uuid,
            "person": somebody.uuid,
            "their_token": services.create_token(user=owner, name="theirs")[0].uuid,
        }
        invite, self.others["invite_link"] = services.create_invite(by=None, role="viewer")
        self.others["invite"] = invite.uuid
        _reset, self.others["reset_link"] = services.create_reset(user=owner, by=None)
        Tag.objects.create(name="Free")
        self.bearers: dict[str, str] = {}
        self.tokens: dict[str, Any] = {}
        self.messages: dict[str, Any] = {}
        for who, person in self.people.items():
            if person is not None:
                token, self.bearers[who] = services.create_token(user=person, name="mine")
                self.tokens[who] = token.uuid
                self.messages[who] = make_notification(person).uuid

    def named(self, who: str, text: str) -> str:
        """The text with the things this person comes to."""
        place = self.private if who in {"stranger", "member", "admin"} else self.public
        token = self.tokens.get(who, self.others["their_token"])
        message = self.messages.get(who, self.others["their_notification"])
        things = {**place, **self.others, "token": token, "notification": message}
        return re.sub(r"\{(\w+)\}", lambda found: str(things[found.group(1)]), text)

    def ask(self, who: str, asked: str, *, with_token: bool) -> int:
        """Sends it as this person, answers the status, and leaves everything as it was."""
        with transaction.atomic():
            status = self.send(who, asked, BODIES.get(asked, {}), with_token=with_token)
            transaction.set_rollback(True)
        cache.clear()
        return status

    def send(self, who: str, asked: str, body: dict[str, Any], *, with_token: bool) -> int:
        """Sends it as this person, with this body, and answers the status."""
        method, path = asked.split()
        body = {
            name: self.named(who, value) if isinstance(value, str) else value
            for name, value in body.items()
        }
        client, person = Client(), self.people[who]
        client.handler = HANDLER
        headers = {}
        if with_token and person is not None:
            headers["Authorization"] = f"Bearer {self.bearers[who]}"
        elif person is not None:
            client.force_login(person)
        more = {"content_type": "application/json"} if with_token else {}
        data = (body,) if method in {"POST", "PUT", "PATCH"} else ()
        send: Any = getattr(client, method.lower())
        response = send(self.named(who, path), *data, headers=headers, **more)
        return int(response.status_code)


def make_person(username: str) -> User:
    person = User(username=username)
    person.set_unusable_password()
    person.save()
    return person


def _things_in(library: Library) -> dict[str, Any]:
    """The library, an entry, a waiting and a failed import, by the names in the table."""
    entry = make_entry(library=library, poster=f"picture in {library.slug}".encode())
    facts = {
        "kind": "import",
        "owner": library.owner,
        "library": library.slug,
        "title": "An import",
        "params": {"url": "https://videos.example.org/2", "preset": "video_max"},
    }
    trashed = make_entry(library=library)
    library_services.delete_entry(user=library.owner, entry=trashed, with_files=False)
    tag = Tag.objects.create(name=f"Tag of {library.slug}")
    entry.entry_tags.create(tag=tag)
    entry.properties.create(key="artist", value="Old")
    job = Job.objects.create(**facts)
    JobLog.objects.create(job=job, seq=1, message="A line")
    return {
        "library": library.slug,
        "entry": entry.uuid,
        "file": entry.files.get(role=FileRole.ORIGINAL).uuid,
        "job": job.uuid,
        "failed": Job.objects.create(**facts, status=JobStatus.FAILED).uuid,
        "subtitle": make_file(entry, content=b"WEBVTT\n", role="subtitle", format="vtt").uuid,
        "tag": tag.uuid,
        "trashed": trashed.uuid,
        "change": BulkChange.objects.create(user=library.owner, kind=BulkKind.TAGS).uuid,
        "upload": "00000001-0000-4000-8000-000000000001",
        "item": make_item(owner=library.owner, library=library, ranked=[(library, 0.6)]).uuid,
        "rule": Rule.objects.create(
            origin="written", user=None, keyword="word", library=library, created_by=library.owner
        ).uuid,
    }


def expected(answers: list[str]) -> dict[str, str]:
    return dict(zip(COLUMNS, answers, strict=True))


def cases(table: str) -> list[Any]:
    return [pytest.param(asked, expected(answers), id=asked) for asked, answers in rows(table)]


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "answers"), cases(PAGES))
def test_with_a_session_everybody_gets_what_the_table_says(asked, answers):
    world = World()
    got = {who: str(world.ask(who, asked, with_token=False)) for who in COLUMNS}
    assert got == answers


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "answers"), cases(API))
def test_with_a_token_everybody_gets_what_the_table_says(asked, answers):
    world = World()
    got = {who: str(world.ask(who, asked, with_token=True)) for who in COLUMNS}
    assert got == answers


@pytest.mark.django_db
def test_a_session_alone_opens_no_part_of_the_api_but_media():
    world = World()
    opened = [
        asked
        for asked, answers in rows(API)
        if answers[0] == "401" and world.ask("admin", asked, with_token=False) != 401
    ]
    assert {asked.rpartition("{entry}")[2] for asked in opened} == {
        "/stream",
        "/download",
        "/thumbnail",
        "/files/{file}",
    }


# The table is complete


def all_routes() -> set[str]:
    """The pattern of every address but those of the repair desk."""

    def walk(patterns: Any, before: str = "") -> Any:
        for one in patterns:
            here = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns, here)
            else:
                yield here

    return {route for route in walk(get_resolver().url_patterns) if not route.startswith("admin/")}


def route_of(asked: str) -> str:
    """The pattern that answers a row."""

    def sample(found: re.Match[str]) -> str:
        words = {"library": "videos", "somebody": "somebody"}
        return words.get(found.group(1), "00000001-0000-4000-8000-000000000001")

    path = asked.split()[1].partition("?")[0]
    return str(resolve(re.sub(r"\{(\w+)\}", sample, path)).route)


def known_routes() -> dict[str, set[str]]:
    """The methods in the table by the pattern that answers them."""
    known: dict[str, set[str]] = {}
    for asked, _ in rows(PAGES) + rows(API):
        known.setdefault(route_of(asked), set()).add(asked.split()[0])
    return known


def test_every_address_has_its_rows():
    assert all_routes() == set(known_routes())


def test_every_operation_of_the_api_has_its_row():
    known = known_routes()
    missing = []
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            parts = [part.strip("/") for part in ("api/v1", bound.prefix, path)]
            route = re.sub(r"\{([\w:]+)\}", r"<\1>", "/".join(part for part in parts if part))
            methods = {method for one in view.operations for method in one.methods}
            missing += [f"{one} {route}" for one in methods - known.get(route, set())]
    assert missing == []


@pytest.mark.django_db
def test_methods_outside_the_table_are_refused():
    world = World()
    paths = {route_of(asked): asked.split()[1] for asked, _ in rows(PAGES) + rows(API)}
    accepted = []
    for route, methods in known_routes().items():
        if route in ANY_METHOD:
            continue
        is_api = route.startswith("api/")
        heads = {"HEAD"} if "GET" in methods and not is_api else set()
        for method in set(METHODS) - methods - heads:
            asked = f"{method} {paths[route]}"
            if world.ask("admin", asked, with_token=is_api) != 405:
                accepted.append(asked)
    assert accepted == []


# Sockets


def socket_routes() -> set[str]:
    """The addresses of all sockets."""
    inner: Any = application.application_mapping["websocket"]
    while not hasattr(inner, "routes"):
        inner = getattr(inner, "app", None) or inner.inner
    return {str(route.pattern) for route in inner.routes}


def test_every_socket_has_its_row():
    named = {row[0].partition("?")[0].removeprefix("/") for row in rows(SOCKETS)}
    named = {name.replace("{job}", "<uuid:job_id>") for name in named}
    assert {route or "ws/nothing" for route in socket_routes()} == named


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("address", "answers"), cases(SOCKETS))
async def test_sockets_open_for_whom_the_table_says(address, answers):
    world = await sync_to_async(World)()
    got = {}
    for who in COLUMNS:
        bearer = world.bearers.get(who)
        headers = [(b"authorization", f"Bearer {bearer}".encode())] if bearer else []
        async with Socket(world.named(who, address), *headers) as socket:
            await socket.send({"type": "ping"} if bearer else {"type": "auth", "token": "none"})
            got[who] = await fate_of(socket)
    assert got == answers


async def fate_of(socket: Socket) -> str:
    """ready when it sends something, else the code it is closed with."""
    output = await socket.receive_output(10)
    return "ready" if output["type"] == "websocket.send" else str(output["code"])


# The repair desk


def desk_addresses() -> list[str]:
    """Every page of the desk, with one row of each model that has any."""
    found = ["/admin/", "/admin/password_change/", "/admin/jsi18n/"]
    for model in desk.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found += [base, f"{base}add/"]
        if row := model._default_manager.first():
            found += [f"{base}{row.pk}/{page}/" for page in ("change", "history", "delete")]
    return found


def test_every_model_of_ours_is_at_the_desk():
    ours = {"accounts", "jobs", "library", "imports", "analytics"}
    # What triggers keep has nothing that somebody could repair by hand.
    models = {
        model
        for model in apps.get_models()
        if model._meta.app_label in ours and model._meta.managed
    }
    desks = desk.site._registry
    inlined = {inline.model for one in desks.values() for inline in one.inlines}
    # A session is kept under the very key that lets its browser in.
    through = {Library.members.through, Session}
    assert {model.__name__ for model in models - set(desks) - inlined - through} == set()


@pytest.mark.django_db
def test_the_desk_works_for_administrators_under_the_policy():
    client = Client()
    client.force_login(World().people["admin"])
    for address in desk_addresses():
        response = client.get(address)
        # Some things are neither added nor deleted by hand.
        refusable = {403} if address.endswith(("/add/", "/delete/")) else set()
        assert response.status_code in {200} | refusable, address
        assert_obeys_policy(response)


@pytest.mark.django_db
def test_the_desk_is_closed_to_everybody_else():
    world = World()
    for who in ("nobody", "viewer", "editor", "member"):
        client = Client()
        if person := world.people[who]:
            client.force_login(person)
        for address in desk_addresses():
            response = client.get(address, follow=True)
            assert response.redirect_chain, address
            if person:
                assert response.status_code == 403, address
            else:
                assert response.request["PATH_INFO"] == "/login", address


def assert_obeys_policy(response: Any) -> None:
    """Nothing inline that the policy of every page would stop."""
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert "unsafe" not in policy["script-src"] + policy["style-src"]
    if not response["Content-Type"].startswith("text/html"):
        return
    for script in re.findall(r"<script\b([^>]*)>", response.text):
        assert re.search(r'src=|nonce=|type="application/json"', script), script
    assert "<style" not in response.text
    assert not re.search(r"<[^>]+\son[a-z]+=", response.text)


@pytest.mark.django_db
def test_a_private_library_is_nowhere_to_be_seen_by_strangers():
    world = World()
    library = Library.objects.get(slug=world.private["library"])
    Library.objects.filter(pk=library.pk).update(name="Hidden shelf")
    library.entries.update(title="Hidden entry")
    Job.objects.filter(library=library.slug).update(title="Hidden job")
    client = Client()
    client.force_login(world.people["stranger"])
    headers = {"Authorization": f"Bearer {world.bearers['stranger']}"}
    for path in ("/", "/jobs/", "/import/", "/jobs/tray/", "/account/", "/?q=Hidden"):
        assert not re.search("Hidden (shelf|entry|job)", client.get(path).text), path
    for path in ("entries", "libraries", "jobs", "entries?search=Hidden"):
        assert "Hidden" not in client.get(f"/api/v1/{path}", headers=headers).text, path
