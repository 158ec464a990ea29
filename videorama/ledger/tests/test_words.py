"""How facts read."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from videorama.ledger import words
from videorama.ledger.services import record
from videorama.ledger.words import tell

ROOT = Path(settings.BASE_DIR)


def recorded() -> set[str]:
    """The events that the code of all rooms writes."""
    found: set[str] = set()
    for room in ("videorama", "library", "imports", "analytics"):
        for path in (ROOT / room).rglob("*.py"):
            if "tests" in path.parts or path.name == "words.py":
                continue
            text = path.read_text("utf-8")
            if "ledger.services import" in text:
                found |= set(re.findall(r'"([a-z_]+\.[a-z]+(?:_[a-z]+)*)"', text))
    return {name for name in found if name.split(".")[0] in words.NOUNS}


def test_every_event_has_words():
    assert recorded() - set(words.events()) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("event", words.events())
def test_words_stand_whatever_the_fact_holds(event, editor):
    icons = (ROOT / "static/img/icons.svg").read_text("utf-8")
    for data in ({}, {"title": "x"}, {"library": 3}, {"rating": {"to": None}}, {"add": ["a"]}):
        for user in (None, editor):
            told = tell(record(event, user=user, about=[("library", "x")], data=data), {})
            assert told.sentence and "%(" not in told.sentence
            assert f'id="i-{told.icon}"' in icons


@pytest.mark.django_db
def test_an_unknown_event_is_told_by_its_name(editor):
    assert tell(record("moon.landed", user=editor), {}).sentence == "editor: moon.landed"
