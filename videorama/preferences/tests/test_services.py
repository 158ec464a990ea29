"""Settings as administrators change them: precedence, all or nothing, pages, API, providers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from videorama.env import BadSetting
from videorama.ledger.models import LedgerEvent
from videorama.preferences import queries, registry, services
from videorama.preferences.errors import BadValues
from videorama.preferences.models import Setting
from videorama.preferences.registry import Preference
from videorama.tests.fakes.llm import ModelService

SECRET = "sk-1234567890-abcdefgh"
MASKED = "sk-1********fgh"
NAME, MODEL, API_KEY = "general.site_name", "providers.llm_model", "providers.llm_api_key"
pytestmark = pytest.mark.django_db


def seeded(settings, **variables):
    settings.SETTING_SEEDS = {f"VIDEORAMA_{name}": text for name, text in variables.items()}


def test_the_database_wins_over_the_environment_and_that_over_the_default(admin, settings):
    key = "downloader.rate_limit"
    assert (queries.value(key), queries.state(key).source) == (0, "default")
    seeded(settings, RATE_LIMIT="2.5")
    assert (queries.value(key), queries.state(key).source) == (2.5, "environment")
    services.save(user=admin, changes={key: "1"})
    assert (queries.value(key), queries.state(key).source) == (1, "stored")
    services.reset(user=admin, key=key)
    assert queries.state(key).source == "environment"


def test_a_seed_that_is_sent_back_stays_a_seed(admin, settings):
    seeded(settings, RATE_LIMIT="2.5", LLM_API_KEY=SECRET)
    sent = {"downloader.rate_limit": "2.5", API_KEY: MASKED}
    assert services.save(user=admin, changes=sent) == []
    assert not Setting.objects.exists() and not LedgerEvent.objects.exists()


def test_a_seed_that_cannot_be_used_stops_the_start(settings):
    seeded(settings, HEAVY_JOBS="many")
    with pytest.raises(BadSetting, match="VIDEORAMA_HEAVY_JOBS: Enter a number"):
        registry.register(registry.preference("downloader.heavy_jobs"))


def test_what_is_sent_holds_from_now_on_also_when_it_is_the_default(admin):
    assert services.save(user=admin, changes={"downloader.preset": "video_max"})
    assert queries.state("downloader.preset").source == "stored"
    assert services.save(user=admin, changes={"downloader.preset": "video_max"}) == []


def test_all_or_nothing_with_a_sentence_for_each(admin):
    changes = {NAME: "Home", "downloader.heavy_jobs": "9", "downloader.preset": "huge", "x.y": 1}
    with pytest.raises(BadValues) as caught:
        services.save(user=admin, changes=changes)
    assert set(caught.value.details["fields"]) == set(changes) - {NAME}
    assert not Setting.objects.exists() and not LedgerEvent.objects.exists()


def test_one_fact_tells_who_changed_what(admin):
    services.save(user=admin, changes={NAME: "Home", "downloader.heavy_jobs": 3})
    (fact,) = LedgerEvent.objects.all()
    assert (fact.event, fact.user_name) == ("setting.changed", admin.username)
    assert fact.data[NAME] == {"from": "Videorama", "to": "Home"}
    assert {subject.subject_id for subject in fact.subjects.all()} == set(fact.data)


@pytest.mark.parametrize("sent", [MASKED, "", f"  {MASKED} "])
def test_a_secret_sent_back_masked_or_empty_stays(sent, admin):
    services.save(user=admin, changes={API_KEY: SECRET})
    before = Setting.objects.get().ciphertext
    assert services.save(user=admin, changes={API_KEY: sent}) == []
    assert Setting.objects.get().ciphertext == before
    assert queries.value(API_KEY) == SECRET


def test_a_page_shows_secrets_masked_and_keeps_what_was_typed(admin, client):
    client.force_login(admin)
    services.save(user=admin, changes={API_KEY: SECRET})
    page = client.get("/settings/providers/").content.decode()
    assert MASKED in page and SECRET not in page and "Remove API key" in page
    typed = {"providers.llm_url": "nowhere", MODEL: "my-model", API_KEY: "a-new-secret-of-mine"}
    refused = client.post("/settings/providers/", typed)
    shown = refused.content.decode()
    assert refused.status_code == 422 and queries.value(API_KEY) == SECRET
    assert all(text in shown for text in [*typed.values(), "begins with one of these"])
    saved = client.post("/settings/providers/", typed | {"providers.llm_url": "http://a.example"})
    assert saved.status_code == 302 and queries.value(API_KEY) == "a-new-secret-of-mine"
    client.post("/settings/providers/reset/", {"key": API_KEY})
    assert queries.value(API_KEY) == "" and queries.value(MODEL) == "my-model"


def test_a_box_that_is_not_ticked_is_off(admin, client):
    client.force_login(admin)
    client.post("/settings/general/", {NAME: "Home", "general.default_library": ""})
    assert queries.value("general.first_steps") is False
    assert "<title>General · Settings · Home</title>" in (
        client.get("/settings/general/").content.decode().replace("\n", "")
    )


def test_the_api_has_the_same_rules(admin, client, bearer):
    headers = bearer(admin)
    sent = {NAME: "Home", API_KEY: SECRET, "downloader.heavy_jobs": 4}
    answer = client.patch("/api/v1/settings", sent, "application/json", headers=headers)
    assert answer.status_code == 200 and SECRET not in answer.content.decode()
    found = {one["key"]: one for one in answer.json()["settings"]}
    assert (found[API_KEY]["value"], found[NAME]["value"]) == (MASKED, "Home")
    back = {key: one["value"] for key, one in found.items()}
    answer = client.patch("/api/v1/settings", back, "application/json", headers=headers)
    assert answer.status_code == 200 and queries.value(API_KEY) == SECRET
    wrong = {NAME: "x" * 41, "downloader.heavy_jobs": None}
    answer = client.patch("/api/v1/settings", wrong, "application/json", headers=headers)
    assert answer.status_code == 422 and set(answer.json()["error"]["details"]["fields"]) == {NAME}
    assert queries.value("downloader.heavy_jobs") == 4
    client.patch("/api/v1/settings", {API_KEY: None}, "application/json", headers=headers)
    assert queries.state(API_KEY).source == "default"


def test_lists_take_the_same_queries_however_many_are_set(admin, client):
    client.force_login(admin)
    client.get("/settings/downloader/")
    with CaptureQueriesContext(connection) as before:
        client.get("/settings/downloader/")
    services.save(
        user=admin,
        changes={
            "downloader.heavy_jobs": 3,
            "downloader.rate_limit": 1,
            "downloader.proxy_user": "me",
        },
    )
    with CaptureQueriesContext(connection) as after:
        client.get("/settings/downloader/")
    assert len(after) == len(before)


@pytest.fixture
def service(admin):
    with ModelService(key=SECRET) as running:
        changes = {"providers.llm_url": running.url, API_KEY: SECRET, MODEL: "small-model"}
        services.save(user=admin, changes=changes)
        yield running


def tried(client, admin) -> str:
    client.force_login(admin)
    return client.post("/settings/providers/test/", headers={"HX-Request": "true"}).content.decode()


def test_the_test_button_asks_the_service_itself(service, admin, client):
    assert "has 2 models" in tried(client, admin)
    assert service.asked == ["/v1/models"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({API_KEY: "sk-wrong-key-of-mine"}, "does not accept the API key"),
        ({MODEL: "other-model"}, "does not know the model"),
        ({API_KEY: "ключ от этой службы"}, "plain letters only"),
    ],
)
def test_the_test_button_says_what_to_look_at(changes, sentence, service, admin, client, caplog):
    services.save(user=admin, changes=changes)
    told = tried(client, admin)
    assert sentence in told
    assert "sk-wrong" not in told + caplog.text and SECRET not in told + caplog.text


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 500}, "status 500"),
        ({"body": b"<html>"}, "no OpenAI-compatible service"),
        ({"body": b'{"data": 5}'}, "no OpenAI-compatible service"),
        ({"status": 302, "location": "http://10.0.0.1/"}, "leads on to another one"),
    ],
)
def test_a_service_that_is_none_is_told(fault, sentence, service, admin, client):
    for name, value in fault.items():
        setattr(service, name, value)
    assert sentence in tried(client, admin)


def test_a_wrong_path_and_a_dead_address_are_told(service, admin, client):
    services.save(user=admin, changes={"providers.llm_url": service.url.removesuffix("/v1")})
    assert "ends in /v1" in tried(client, admin)
    services.save(user=admin, changes={"providers.llm_url": "http://127.0.0.1:1/v1"})
    assert "cannot be reached" in tried(client, admin)


def test_a_setting_of_no_page_stands_on_the_general_one():
    assert Preference("nowhere.at_all", "Nowhere", "flag", False).section == "general"
