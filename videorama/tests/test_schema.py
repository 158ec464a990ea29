"""The API keeps what its OpenAPI document promises, whatever thousands of requests may say.

Schemathesis reads the document, makes requests that fit it and requests that do not, and applies
all of its checks to the answers. The seed is fixed; nothing leaves this process, and every request
is taken back before the next.
"""

import asyncio
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
import schemathesis
import urllib3
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Unsatisfiable
from requests.adapters import HTTPAdapter
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from videorama.api import api
from videorama.asgi import application
from videorama.tests.test_roles import World

set_hypothesis_home_dir(django_settings.DATA)
SEED = 20261121
CASES = 3_000
HOST = "http://localhost"


class InProcess(HTTPAdapter):
    """Hands requests to the real application, in the thread and transaction of the test."""

    def send(self, request: Any, **more: Any) -> requests.Response:
        parts = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = [
            (name.lower().encode(), _bytes(value)) for name, value in request.headers.items()
        ]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost"), *headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("localhost", 80),
        }
        answers: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop() if waiting else await asyncio.Event().wait()

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        async_to_sync(application)(scope, receive, send)
        start, *rest = answers
        content = b"".join(one.get("body", b"") for one in rest)
        raw = urllib3.HTTPResponse(
            # Servers keep back the body of an answer to HEAD.
            body=io.BytesIO(b"" if request.method == "HEAD" else content),
            headers=[(name.decode(), value.decode("latin-1")) for name, value in start["headers"]],
            status=start["status"],
            preload_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


# What fits may still be refused with 422 here, by rules that no schema can say.
UNSAYABLE = {
    "POST /api/v1/import/url": "the address must lead out, the format must be one that is offered",
    "POST /api/v1/import/probe": "the address must lead out",
    "POST /api/v1/import/filesystem": "root and folder must exist, endings must be endings",
    "POST /api/v1/libraries": "template, root and folder must be usable names",
    "PATCH /api/v1/libraries/{library_id}": "the template must be usable",
    "GET /api/v1/libraries/browse": "root and folder must exist",
    "PATCH /api/v1/entries/{entry_id}": "a folder has a usable name, a title more than spaces",
    "POST /api/v1/rules": "conditions have a language of their own",
    "POST /api/v1/tags": "a name is more than spaces",
    "PATCH /api/v1/tags/{tag_id}": "a name is more than spaces",
    "POST /api/v1/entries/{entry_id}/tags": "a name is more than spaces",
    "POST /api/v1/tokens": "a name is more than spaces",
    "PUT /api/v1/entries/{entry_id}/properties/{key}": "name and value are more than spaces",
    "PATCH /api/v1/settings": "each setting has values of its own",
}
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "429"]
CONFIG = SchemathesisConfig.from_dict(
    {
        # A parameter that nobody knows is left alone.
        "generation": {"allow-extra-parameters": False},
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        "operations": [
            {
                "include-name": label,
                "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "422"]}},
            }
            for label in UNSAYABLE
        ],
    }
)
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema(), config=CONFIG)
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}
EACH = -(-CASES // len(OPERATIONS) // 2)


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session ends here, also those that checks begin by themselves."""
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: InProcess())


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request would drop the connection that holds the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# Half of the requests that fit go to things that exist; made-up ids would only ever meet a 404.
THINGS = {
    "user_id": lambda world: world.people["viewer"].uuid,
    "library_id": lambda world: world.private["library"],
    "entry_id": lambda world: world.private["entry"],
    "file_id": lambda world: world.private["file"],
    "job_id": lambda world: world.private["failed"],
    "token_id": lambda world: world.tokens["admin"],
    "notification_id": lambda world: world.messages["admin"],
    "username": lambda world: world.others["somebody"],
}
# What is sent is counted over another connection, which would wait for this transaction.
STREAMED = {f"GET /api/v1/entries/{{entry_id}}/{what}" for what in ("stream", "download")}
sent: dict[str, int] = {}


def ask_all(label: str, world: World, mode: GenerationMode, count: int) -> None:
    """Sends so many requests to one operation, each taken back again, and checks the answers."""
    operation = OPERATIONS[label]

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        number = sent[label] = sent.get(label, 0) + 1
        who = "viewer" if number % 5 == 0 else "admin"
        if mode.is_positive and case.query:
            case.query.pop("after", None)  # An opaque word that only we can say.
        if mode.is_positive and number % 2 and label not in STREAMED:
            for name in case.path_parameters or ():
                if name in THINGS:
                    case.path_parameters[name] = str(THINGS[name](world))
        headers = {"Authorization": f"Bearer {world.bearers[who]}"}
        before = transaction.savepoint_create()
        try:
            case.call_and_validate(base_url=HOST, headers=headers)
        finally:
            transaction.savepoint_rollback(before)
            cache.clear()

    ask()


@pytest.mark.django_db
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_operation_keeps_its_promise(label: str) -> None:
    world = World()
    ask_all(label, world, GenerationMode.POSITIVE, EACH)
    with suppress(Unsatisfiable):  # Some take no input that could be wrong.
        ask_all(label, world, GenerationMode.NEGATIVE, EACH)


def test_everything_that_may_be_refused_for_other_reasons_exists() -> None:
    assert UNSAYABLE.keys() <= OPERATIONS.keys()


def test_thousands_of_requests_were_sent() -> None:
    if sent.keys() < OPERATIONS.keys():
        pytest.skip("Only some of the operations were asked for.")
    assert sum(sent.values()) >= CASES
