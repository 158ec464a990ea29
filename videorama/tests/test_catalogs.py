"""Every text of the interface has its words in every language, and they fit into its place."""

import re

import pytest
from babel.messages.catalog import Catalog, Message

from videorama.tests import catalogs
from videorama.tests.catalogs import LANGUAGES

pytestmark = pytest.mark.embedded_only("reads files of the repository")

# %(name)s for Django, %%(name)s and {name} for scripts.
PLACEHOLDER = re.compile(r"%?%\(\w+\)[sd]|\{\w+\}")


@pytest.fixture(scope="module")
def said() -> Catalog:
    """What code and templates say now."""
    return catalogs.found()


def texts_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def keys(catalog: Catalog) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(one.context, texts_of(one)) for one in catalog if one.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_is_said_and_nothing_else(said: Catalog, language: str) -> None:
    kept = catalogs.catalog_of(language)
    assert keys(said) - keys(kept) == set(), "run `make messages`"
    assert keys(kept) - keys(said) == set(), "run `make messages`"
    assert not kept.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_words_and_none_is_a_guess(language: str) -> None:
    kept = [one for one in catalogs.catalog_of(language) if one.id]
    assert [texts_of(one) for one in kept if not all(catalogs.strings(one))] == []
    assert [texts_of(one) for one in kept if one.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_keep_the_placeholders_of_their_text(language: str) -> None:
    wrong = {}
    for one in catalogs.catalog_of(language):
        wanted = set(PLACEHOLDER.findall(" ".join(texts_of(one))))
        for number, words in enumerate(catalogs.strings(one) if one.id else ()):
            # "One day" needs no number.
            may_lack = one.pluralizable and number == 0
            given = set(PLACEHOLDER.findall(words))
            if words and (given - wanted or (wanted - given and not may_lack)):
                wrong[words] = texts_of(one)
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_begin_and_end_with_the_line_breaks_of_their_text(language: str) -> None:
    for one in catalogs.catalog_of(language):
        for words in filter(None, catalogs.strings(one) if one.id else ()):
            text = texts_of(one)[0]
            assert words.startswith("\n") == text.startswith("\n"), text
            assert words.endswith("\n") == text.endswith("\n"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    kept = catalogs.path_of(language, "mo").read_bytes()
    assert kept == catalogs.compiled(language), "run `make messages`"


def test_what_is_found_are_the_texts_of_code_templates_and_mails() -> None:
    assert list(catalogs.texts(catalogs.ROOT / "templates/base.html")) != []
    names = {place for one in catalogs.found() for place, _line in one.locations}
    assert {"templates/base.html", "videorama/accounts/errors.py"} <= names
    assert not [name for name in names if "/tests/" in name]
