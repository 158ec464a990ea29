"""Where administrators read the ledger: its page, the API, the repair desk."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videorama.ledger.models import LedgerEvent, Severity
from videorama.ledger.services import record

pytestmark = pytest.mark.django_db
ID = "00000001-0000-4000-8000-000000000001"


@pytest.fixture
def reader(client, admin):
    client.force_login(admin)
    return client


def numbers(text):
    """Which facts a page shows."""
    return [int(found) for found in re.findall(r"#(\d+) [a-z_]+\.", text)]


@pytest.fixture
def three(editor, admin):
    record("entry.edited", user=editor, about=[("entry", ID)], data={"title": {"to": "<New>"}})
    record("user.sign_in_failed", severity=Severity.WARNING)
    record("library.created", user=admin, about=[("library", "films")])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [3, 2, 1]),
        (f"?q={ID}", [1]),
        ("?q=%232", [2]),
        ("?q=library.", [3]),
        ("?q=%00", [3, 2, 1]),
        ("?event=user.sign_in_failed", [2]),
        ("?event=nonsense", [3, 2, 1]),
        ("?person=editor", [1]),
        ("?severity=warning", [2]),
        ("?severity=warning&person=editor", []),
        ("?since=0001-01-01&until=9999-12-31", [3, 2, 1]),
        ("?since=9999-12-31", []),
        ("?since=yesterday", [3, 2, 1]),
    ],
)
def test_the_page_shows_what_fits_the_filter(reader, three, query, shown):
    assert numbers(reader.get(f"/ledger/{query}").text) == shown


def test_days_begin_and_end_at_midnight(reader, three):
    today = timezone.localdate()
    before = today - timedelta(days=1)
    assert numbers(reader.get(f"/ledger/?since={today}&until={today}").text) == [3, 2, 1]
    assert numbers(reader.get(f"/ledger/?until={before}").text) == []


def test_what_people_typed_stays_text(reader, three):
    text = reader.get("/ledger/").text
    assert "&lt;New&gt;" in text and "<New>" not in text


def test_many_facts_come_in_pages_at_the_same_cost(reader, editor):
    counts = []
    for _ in range(3):
        for _number in range(20):
            record("entry.edited", user=editor, about=[("entry", ID)])
        with CaptureQueriesContext(connection) as queries:
            page = reader.get("/ledger/?person=editor")
        counts.append(len(queries))
    assert counts[1] == counts[2]  # The first visit also notes that somebody is here.
    assert numbers(page.text) == [*range(60, 10, -1)]
    older = unescape(re.search(r'href="([^"]*after=[^"]*)"', page.text).group(1))
    assert numbers(reader.get(older).text) == [*range(10, 0, -1)]


def test_the_api_tells_the_same(client, admin, bearer, three):
    headers = bearer(admin)
    found = client.get("/api/v1/ledger?person=editor", headers=headers).json()
    (fact,) = found["items"]
    assert (fact["sequence"], fact["event"], fact["door"]) == (1, "entry.edited", "command")
    assert fact["about"] == [{"kind": "entry", "id": ID}]
    assert fact["user"]["username"] == "editor"
    assert fact["hash"] == LedgerEvent.objects.get(sequence=1).hash
    page = client.get("/api/v1/ledger?limit=2", headers=headers).json()
    rest = client.get(f"/api/v1/ledger?limit=2&after={page['next']}", headers=headers).json()
    assert [one["sequence"] for one in page["items"] + rest["items"]] == [4, 3, 2, 1]


def test_the_repair_desk_only_shows_them(reader, three):
    address = "/admin/ledger/ledgerevent/"
    assert reader.get(address).status_code == 200
    assert "entry.edited" in reader.get(f"{address}?q={ID}").text
    assert ID in reader.get(f"{address}1/change/").text
    assert reader.post(f"{address}1/change/", {"event": "x"}).status_code == 403
    assert reader.post(f"{address}1/delete/", {"post": "yes"}).status_code == 403
    assert reader.get(f"{address}add/").status_code == 403
