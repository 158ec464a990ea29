"""Secrets at rest: not readable, bound to their place, readable with older keys until rotated."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from videorama import crypto
from videorama.ledger.models import LedgerEvent
from videorama.preferences import queries, services
from videorama.preferences.models import Setting

OLD, NEW, OTHER = ("an old key that is quite long " * 2, "the new key, " * 4, "another one, " * 4)
KEY = "providers.llm_api_key"
SECRET = "sk-1234567890-abcdefgh"


def test_a_ciphertext_hides_the_text_and_names_its_key(settings):
    settings.SECRET_KEY = OLD
    sealed = crypto.encrypt(SECRET, place="a")
    assert SECRET not in sealed
    assert crypto.version_in(sealed) == crypto.current_version() != crypto.version_of(NEW)
    assert crypto.encrypt(SECRET, place="a") != sealed
    assert crypto.decrypt(sealed, place="a") == SECRET


@pytest.mark.parametrize("text", ["", "ü€🎬", "x" * 5000], ids=["empty", "unicode", "long"])
def test_any_text_comes_back(text):
    assert crypto.decrypt(crypto.encrypt(text, place="a"), place="a") == text


def spoilt(sealed: str) -> dict[str, str]:
    form, version, body = sealed.split(".")
    flipped = body[:20] + ("A" if body[20] != "A" else "B") + body[21:]
    return {
        "one letter changed": f"{form}.{version}.{flipped}",
        "cut off": sealed[:40],
        "no body": f"{form}.{version}.",
        "not base64": f"{form}.{version}.ä€",
        "unknown form": f"v9.{version}.{body}",
        "unknown key": f"{form}.00000000.{body}",
        "plain text": SECRET,
        "nothing": "",
    }


@pytest.mark.parametrize("how", spoilt("v1.00000000." + "x" * 60))
def test_what_was_tampered_with_is_unreadable_and_no_crash(how):
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(spoilt(crypto.encrypt(SECRET, place="a"))[how], place="a")


def test_a_ciphertext_is_bound_to_its_place():
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(crypto.encrypt(SECRET, place="a"), place="b")


@pytest.mark.django_db
def test_an_older_key_still_reads_until_secrets_are_rotated(admin, settings, capsys):
    settings.SECRET_KEY = OLD
    services.save(user=admin, changes={KEY: SECRET})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OTHER, OLD]
    assert queries.value(KEY) == SECRET
    call_command("rotate_secrets")
    assert capsys.readouterr().out.endswith("present key: 1\n")
    facts = list(LedgerEvent.objects.order_by("pk").values_list("event", flat=True))
    assert facts == ["setting.changed", "setting.rotated"]
    settings.SECRET_KEY_FALLBACKS = []
    assert queries.value(KEY) == SECRET
    assert Setting.objects.get().key_version == crypto.version_of(NEW)
    assert services.rotate() == (0, [])


@pytest.mark.django_db
def test_a_lost_key_is_a_state_that_a_new_secret_ends(admin, client, settings):
    settings.SECRET_KEY = OLD
    services.save(user=admin, changes={KEY: SECRET, "providers.llm_model": "small-model"})
    settings.SECRET_KEY = NEW
    assert queries.value(KEY) == "" and not queries.state(KEY).is_readable
    with pytest.raises(CommandError, match=KEY):
        call_command("rotate_secrets")
    client.force_login(admin)
    page = client.get("/settings/providers/")
    assert page.status_code == 200 and "Enter it again" in page.content.decode()
    assert "Enter it again".lower() in client.get("/settings/diagnostics/").content.decode().lower()
    # Saving the page without it leaves it as it is; typing it anew makes it readable.
    services.save(user=admin, changes={KEY: ""})
    assert not queries.state(KEY).is_readable
    services.save(user=admin, changes={KEY: SECRET})
    assert queries.value(KEY) == SECRET


@pytest.mark.django_db
def test_the_database_and_the_ledger_hold_no_secret_in_clear(admin):
    services.save(user=admin, changes={KEY: SECRET})
    services.save(user=admin, changes={KEY: f"{SECRET}-second"})
    services.reset(user=admin, key=KEY)
    services.save(user=admin, changes={KEY: SECRET})
    with connection.cursor() as cursor:
        cursor.execute("select value, ciphertext from preferences_setting")
        rows = str(cursor.fetchall())
    facts = list(LedgerEvent.objects.order_by("pk").values_list("event", "data"))
    assert SECRET not in rows and SECRET[:8] not in str(facts)
    words = ["set", "replaced", "removed", "set"]
    assert [event for event, _data in facts] == ["setting.changed"] * 4
    assert all(word in str(data) for word, (_event, data) in zip(words, facts, strict=True))
